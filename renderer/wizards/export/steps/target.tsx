/** For which runtime: one row a target with what it opens in, and how weights are stored where there is a choice. */
import { Radio, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { engine } from '../../../client/client.ts';
import { Asked } from '../../../ui/asked.tsx';
import type { StepProps } from '../../frame/wizard.ts';
import { targetOf, targetTitle, typesText } from '../plan.ts';
import styles from './target.module.css';

export function TargetScreen({ wizard, form, change }: StepProps) {
  const targets = useQuery({
    queryKey: ['exports', 'targets', form.model?.id],
    queryFn: () => engine.exports.targets({ modelId: form.model?.id }),
  });
  const chosen = targetOf(form.options);
  const set = (part: Record<string, unknown>) => change({ options: { ...form.options, ...part } });
  return (
    <Asked query={targets}>
      {(list) => (
        <Radio.Group value={chosen} onChange={(target) => set({ target })} label={<h2>{wizard.question}</h2>}>
          <div className={styles.list}>
            {list.map(({ name, summary, types }) => (
              <div key={name} className={`${styles.target} ${name === chosen ? styles.chosen : ''}`}>
                <Radio.Card value={name} className={styles.card}>
                  <Radio.Indicator size="xs" />
                  <b>{targetTitle(name)}</b>
                  <span className="t2">{summary}</span>
                </Radio.Card>
                {name === chosen && types.length > 1 && (
                  <div className={styles.types}>
                    <span className="t2">Weights</span>
                    <Select
                      size="xs"
                      className={styles.type}
                      aria-label="How the weights are stored"
                      allowDeselect={false}
                      value={String(form.options.type ?? types[0])}
                      onChange={(type) => type !== null && set({ type })}
                      data={types.map((type) => ({ value: type, label: `${type}, ${typesText(type)}` }))}
                    />
                  </div>
                )}
              </div>
            ))}
          </div>
        </Radio.Group>
      )}
    </Asked>
  );
}
