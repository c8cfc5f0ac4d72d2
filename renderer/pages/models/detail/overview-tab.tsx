/** A model at a glance: what it is, what was measured of it, which steps made it, which files it is. */
import type { ModelDetail } from '../../../../app/contract/models.ts';
import { bridge } from '../../../client/bridge.ts';
import { exactNumber } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Bytes, Count } from '../../../ui/quantity.tsx';
import styles from './detail.module.css';
import { MeasurementsCard } from './measurements-card.tsx';
import { StepsCard } from './steps-card.tsx';

function FilesCard({ model }: { readonly model: ModelDetail }) {
  const shell = bridge;
  return (
    <Card
      title="Files"
      actions={
        shell !== undefined && (
          <button type="button" className="link f12" onClick={() => void shell.showInFolder(model.path)}>
            Show in folder
          </button>
        )
      }
    >
      <p className="mono t2">{model.path}</p>
      <Facts facts={model.files.map(({ name, bytes }) => [name, <Bytes key={name} value={bytes} />])} />
    </Card>
  );
}

export function OverviewTab({ model }: { readonly model: ModelDetail }) {
  return (
    <div className={styles.overview}>
      <div className={styles.column}>
        <Card title="What it is">
          <Facts
            facts={[
              ['Architecture', model.architecture],
              ['Parameters', <Count key="p" value={model.parameters} />],
              ['Size', <Bytes key="s" value={model.sizeBytes} />],
              ['Weights kept as', `${model.format}, ${model.bitsPerWeight.toFixed(1)} bits each`],
              ['Layers', `${model.layers}, ${exactNumber(model.width)} wide`],
              ['Vocabulary', `${exactNumber(model.vocabulary)} tokens`],
              ['Context', `${exactNumber(model.contextLength)} tokens`],
              ['Chat template', model.hasChatTemplate ? 'yes' : 'none: plain prompts only'],
              model.hasAdapter ? ['Adapter', 'kept beside it, for PEFT'] : undefined,
              model.source === undefined ? undefined : ['Came from', model.source],
            ]}
          />
        </Card>
        <FilesCard model={model} />
      </div>
      <div className={styles.column}>
        <MeasurementsCard model={model} />
        <StepsCard model={model} />
      </div>
    </div>
  );
}
