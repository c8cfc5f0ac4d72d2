/** What goes: a slider over the layers, the model as a stack with those that go pulled out, sizes, and what is known of the cost. */
import { Slider } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { engine } from '../../../client/client.ts';
import { bytes } from '../../../format/bytes.ts';
import { settingOf } from '../../frame/plan.ts';
import type { StepProps } from '../../frame/wizard.ts';
import { curveOf, type DepthCurve, goneLayers, layersGone } from '../curve.ts';
import styles from './layers.module.css';

export function LayersScreen({ wizard, fields, form, change }: StepProps) {
  const [moved, setMoved] = useState<number>();
  const id = form.model?.id ?? '';
  const model = useQuery({
    queryKey: ['models', 'get', id],
    queryFn: () => engine.models.get({ id }),
    enabled: id !== '',
  });
  const curve = useQuery({ queryKey: ['prune', 'curve', id], queryFn: () => findCurve(id), enabled: id !== '' });
  const layers = model.data?.layers ?? 0;
  const method = settingOf(fields, form.options, 'method') ?? 'depth';
  const count = moved ?? layersGone(form.options.amount, Math.max(2, layers));
  const size = useQuery({
    queryKey: ['techniques', 'estimate', 'prune', id, count],
    queryFn: () =>
      engine.techniques.estimate({
        technique: wizard.technique,
        modelId: id,
        options: { method: 'depth', amount: count },
      }),
    enabled: layers > 1,
    retry: false,
  });
  if (layers < 2) return null;
  if (method !== 'depth') {
    return <p className="t2">No layers go with what the settings say: they take something else of the model.</p>;
  }
  const gone = goneLayers(curve.data ?? undefined, count);
  return (
    <section className={styles.design} aria-labelledby="layers-gone">
      <div className={styles.words}>
        <b id="layers-gone">
          {count} of {layers} layers go
        </b>
        <span className="t2">
          {bytes(model.data?.sizeBytes ?? 0)}
          {size.data?.resultBytes !== undefined && ` becomes about ${bytes(size.data.resultBytes)}`}
        </span>
      </div>
      <Slider
        thumbProps={{ 'aria-labelledby': 'layers-gone' }}
        min={1}
        max={layers - 1}
        value={count}
        label={null}
        onChange={setMoved}
        onChangeEnd={(amount) => {
          setMoved(undefined);
          change({ options: { ...form.options, method: 'depth', amount } });
        }}
      />
      <Curve curve={curve.data} count={count} />
      <Stack layers={layers} count={count} gone={gone} />
    </section>
  );
}

/** The latest finished run on this model that tried every step. */
async function findCurve(model: string): Promise<DepthCurve | null> {
  const { items } = await engine.jobs.list({ model, states: ['done'], limit: 50 });
  for (const { id } of items) {
    const { steps } = await engine.jobs.get({ id });
    for (const { name, result } of steps) {
      const curve = name === 'prune' ? curveOf(result) : undefined;
      if (curve) return curve;
    }
  }
  return null;
}

/** Perplexity against layers removed, as far as an earlier run went. */
function Curve({ curve, count }: { readonly curve: DepthCurve | null | undefined; readonly count: number }) {
  if (!curve) {
    return (
      <p className="t2">
        What each layer costs is not known yet: once this model was pruned by perplexity, its curve is drawn here.
      </p>
    );
  }
  const most = Math.max(...curve.perplexities);
  return (
    <div>
      <div className="t2">Perplexity without the first so many layers, measured in an earlier run</div>
      <ol className={styles.curve}>
        {curve.perplexities.map((perplexity, removed) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the place is the number of layers.
          <li key={removed} className={removed === count ? styles.chosen : undefined}>
            <span>{removed}</span>
            <span className={styles.bar} style={{ width: `${(70 * perplexity) / most}%` }} />
            <span>{perplexity.toPrecision(4)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

interface StackProps {
  readonly layers: number;
  readonly count: number;
  /** Which go; undefined: not known before they are measured. */
  readonly gone: ReadonlySet<number> | undefined;
}

function Stack({ layers, count, gone }: StackProps) {
  const words = gone
    ? `Layers ${[...gone].sort((a, b) => a - b).join(', ')} go`
    : `${count} of these go: which ones is measured when it runs`;
  return (
    <figure className={styles.figure}>
      <figcaption className="t2">{words}</figcaption>
      <div className={styles.stack} role="img" aria-label={words}>
        <span className={styles.end}>embedding</span>
        {Array.from({ length: layers }, (_, layer) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the place is the layer.
          <span key={layer} className={gone?.has(layer) ? styles.gone : styles.layer}>
            {layer}
          </span>
        ))}
        <span className={styles.end}>head</span>
      </div>
    </figure>
  );
}
