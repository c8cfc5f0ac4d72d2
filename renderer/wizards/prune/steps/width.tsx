/** What goes of the width: a slider over the share of neurons, heads or channels, each layer with its part pulled off, sizes. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { engine } from '../../../client/client.ts';
import { settingOf } from '../../frame/plan.ts';
import type { StepProps } from '../../frame/wizard.ts';
import { Amount } from './amount.tsx';
import styles from './layers.module.css';

const WORDS: Readonly<Record<string, string>> = {
  neurons: 'of the feed-forward neurons',
  heads: 'of the query heads',
  groups: 'of the key-value groups',
  channels: 'of the hidden channels',
};
/** Bars of the picture: more would say no more. */
const DRAWN = 12;

export function WidthScreen({ wizard, fields, form, change }: StepProps) {
  const [moved, setMoved] = useState<number>();
  const id = form.model?.id ?? '';
  const part = String(settingOf(fields, form.options, 'part') ?? 'neurons');
  const given = form.options.amount;
  const counted = typeof given === 'number' && given >= 1;
  const percent = moved ?? (typeof given === 'number' && !counted ? Math.round(100 * given) : 10);
  const model = useQuery({
    queryKey: ['models', 'get', id],
    queryFn: () => engine.models.get({ id }),
    enabled: id !== '',
  });
  const size = useQuery({
    queryKey: ['techniques', 'estimate', 'prune', 'width', id, part, percent],
    queryFn: () =>
      engine.techniques.estimate({
        technique: wizard.technique,
        modelId: id,
        options: { method: 'width', part, amount: percent / 100 },
      }),
    enabled: id !== '' && !counted,
    retry: false,
  });
  if (counted) {
    return <p className="t2">{`${given} ${WORDS[part]} go, as the settings say.`}</p>;
  }
  const layers = Math.min(DRAWN, model.data?.layers ?? 0);
  const words = `${percent}% ${WORDS[part]} go`;
  return (
    <Amount
      id="width-gone"
      words={words}
      sizeBytes={model.data?.sizeBytes}
      resultBytes={size.data?.resultBytes}
      min={5}
      max={75}
      step={5}
      value={percent}
      move={setMoved}
      choose={(value) => change({ options: { ...form.options, method: 'width', amount: value / 100 } })}
    >
      <figure className={styles.figure}>
        <figcaption className="t2">Which ones is measured when it runs; every layer loses as many</figcaption>
        <div className={styles.stack} role="img" aria-label={words}>
          {Array.from({ length: layers }, (_, layer) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the place is the layer.
            <div key={layer} className={styles.wide}>
              <span className={styles.layer} style={{ width: `${100 - percent}%` }}>
                {layer}
              </span>
              <span className={styles.gone} style={{ width: `${percent}%` }}>
                &nbsp;
              </span>
            </div>
          ))}
        </div>
      </figure>
    </Amount>
  );
}
