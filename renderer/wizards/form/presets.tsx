/** Quick, Balanced, Best: one row each with what it means and how long it takes here. */
import { Radio } from '@mantine/core';
import type { Preset, TechniqueInfo } from '../../../app/contract/techniques.ts';
import { bytes } from '../../format/bytes.ts';
import { counted } from '../../format/number.ts';
import { duration } from '../../format/time.ts';
import { Badge } from '../../ui/badge.tsx';
import type { WizardForm } from '../frame/plan.ts';
import { useEstimate } from '../frame/use-estimate.ts';
import { ChoiceCard } from './choice-card.tsx';
import type { Field } from './fields.ts';
import styles from './presets.module.css';
import { askedElsewhere, changedKeys, type Options, presetsFor } from './values.ts';

interface Props {
  readonly question: string;
  readonly technique: TechniqueInfo;
  readonly fields: readonly Field[];
  readonly form: WizardForm;
  readonly use: Readonly<Record<string, string>>;
  readonly choose: (preset: Preset) => void;
  /** Settings that stay whichever is chosen: what they cost is in each estimate. */
  readonly shared?: Options;
}

export const Presets = ({ question, technique, fields, form, use, choose, shared = {} }: Props) => (
  <Radio.Group
    value={form.preset ?? null}
    onChange={(id) => {
      const preset = presetsFor(technique.presets, form.options).find((p) => p.id === id);
      if (preset) choose(preset);
    }}
    label={<h2>{question}</h2>}
  >
    <div className={styles.list}>
      {presetsFor(technique.presets, form.options).map((preset) => {
        const chosen = form.preset === preset.id;
        const changed = chosen ? changedKeys(fields, form.options, preset.values).length : 0;
        return (
          <ChoiceCard key={preset.id} value={preset.id} title={preset.title} chosen={chosen} columns={styles.preset}>
            <PresetTime technique={technique.name} fields={fields} form={form} preset={preset} shared={shared} />
            <span className="t2 cut">{preset.summary}</span>
            <span className={`${styles.end} t3 f12`}>
              {changed > 0 ? `${counted(changed, 'setting')} changed` : use[preset.id]}
              {preset.id === 'balanced' && <Badge tone="accent">Suggested</Badge>}
            </span>
          </ChoiceCard>
        );
      })}
    </div>
  </Radio.Group>
);

function PresetTime({
  technique,
  fields,
  form,
  preset,
  shared,
}: {
  readonly technique: string;
  readonly fields: readonly Field[];
  readonly form: WizardForm;
  readonly preset: Preset;
  readonly shared: Options;
}) {
  const { data } = useEstimate(technique, form, {
    ...askedElsewhere(fields, form.options),
    ...shared,
    ...preset.values,
  });
  if (data === undefined) return <span />;
  const { low, high } = data.seconds;
  return (
    <span title={`${duration(low)} to ${duration(high)}, ${bytes(data.memoryBytes)} of memory`}>
      {duration(data.seconds.mid)}
      <span className={data.fits === 'no' ? styles.bad : 't3'}>, {bytes(data.memoryBytes)}</span>
    </span>
  );
}
