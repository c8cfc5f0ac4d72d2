/** Which weights learn: small adapters beside the model or the model itself, each with what it needs on this machine. */
import { NumberInput, Radio, Select } from '@mantine/core';
import { bytes } from '../../../format/bytes.ts';
import { duration } from '../../../format/time.ts';
import { Card } from '../../../ui/card.tsx';
import { ChoiceCard } from '../../form/choice-card.tsx';
import { useEstimate } from '../../frame/use-estimate.ts';
import type { StepProps } from '../../frame/wizard.ts';
import { METHODS, type Method, methodOf, withMethod } from '../methods.ts';
import styles from './choices.module.css';

type Props = Pick<StepProps, 'form' | 'change'> & { readonly technique: string };

export function MethodCard({ form, change, technique }: Props) {
  const method = methodOf(form.options);
  return (
    <Card title="Which weights learn?" label="Method">
      <Radio.Group
        aria-label="Method"
        value={method}
        onChange={(value) => change({ options: withMethod(form.options, value) })}
      >
        {METHODS.map(({ group, words, methods }) => (
          <section key={group} className={styles.group} aria-label={group}>
            <h3>
              {group} <span className="t3">{words}</span>
            </h3>
            <div className={styles.list}>
              {methods.map((choice) => (
                <Choice
                  key={choice.value}
                  choice={choice}
                  chosen={method === choice.value}
                  form={form}
                  technique={technique}
                />
              ))}
            </div>
          </section>
        ))}
      </Radio.Group>
      {method === 'freeze' && <Part form={form} change={change} />}
    </Card>
  );
}

interface ChoiceProps {
  readonly choice: Method;
  readonly chosen: boolean;
  readonly form: StepProps['form'];
  readonly technique: string;
}

function Choice({ choice: { value, title, words }, chosen, form, technique }: ChoiceProps) {
  const { data } = useEstimate(technique, form, withMethod(form.options, value));
  return (
    <ChoiceCard value={value} title={title} chosen={chosen} columns={styles.choice}>
      <span className="t2">{words}</span>
      {data !== undefined && (
        <span className={`${styles.figures} ${data.fits === 'no' ? styles.bad : 't3'} f12`}>
          {duration(data.seconds.mid)}, {bytes(data.memoryBytes)}
          {data.fits === 'no' ? ', will not fit' : ''}
        </span>
      )}
    </ChoiceCard>
  );
}

const PARTS = [
  { value: 'layers', label: 'The last layers' },
  { value: 'embeddings', label: 'The tables of words' },
  { value: 'norms', label: 'Only the norms' },
];

function Part({ form, change }: Pick<StepProps, 'form' | 'change'>) {
  const part = String(form.options.trainParts ?? 'layers');
  const set = (values: Record<string, unknown>) => change({ options: { ...form.options, ...values } });
  return (
    <div className={styles.part}>
      <Select
        size="xs"
        label="Which of them"
        allowDeselect={false}
        data={PARTS}
        value={part}
        onChange={(value) => set({ trainParts: value ?? 'layers' })}
      />
      {part === 'layers' && (
        <NumberInput
          size="xs"
          label="Layers, from the last"
          min={1}
          allowDecimal={false}
          value={Number(form.options.lastLayers ?? 2)}
          onChange={(value) => typeof value === 'number' && value >= 1 && set({ lastLayers: value })}
        />
      )}
    </div>
  );
}
