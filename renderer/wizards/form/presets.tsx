/** Quick, Balanced, Best: one row each with what it means and how long it takes here. */
import { Radio } from '@mantine/core';
import type { Preset, TechniqueInfo } from '../../../app/contract/techniques.ts';
import { counted } from '../../format/number.ts';
import { duration } from '../../format/time.ts';
import { Badge } from '../../ui/badge.tsx';
import type { WizardForm } from '../frame/plan.ts';
import { useEstimate } from '../frame/use-estimate.ts';
import type { Field } from './fields.ts';
import styles from './presets.module.css';
import { askedElsewhere, changedKeys, presetsFor } from './values.ts';

interface Props {
  readonly question: string;
  readonly technique: TechniqueInfo;
  readonly fields: readonly Field[];
  readonly form: WizardForm;
  readonly use: Readonly<Record<string, string>>;
  readonly choose: (preset: Preset) => void;
}

export const Presets = ({ question, technique, fields, form, use, choose }: Props) => (
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
          <Radio.Card key={preset.id} value={preset.id} className={`${styles.preset} ${chosen ? styles.chosen : ''}`}>
            <Radio.Indicator size="xs" />
            <b>{preset.title}</b>
            <PresetTime technique={technique.name} fields={fields} form={form} preset={preset} />
            <span className="t2 cut">{preset.summary}</span>
            <span className={`${styles.end} t3 f12`}>
              {changed > 0 ? `${counted(changed, 'setting')} changed` : use[preset.id]}
              {preset.id === 'balanced' && <Badge tone="accent">Suggested</Badge>}
            </span>
          </Radio.Card>
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
}: {
  readonly technique: string;
  readonly fields: readonly Field[];
  readonly form: WizardForm;
  readonly preset: Preset;
}) {
  const { data } = useEstimate(technique, form, { ...askedElsewhere(fields, form.options), ...preset.values });
  return <span>{data === undefined ? '' : duration(data.seconds.mid)}</span>;
}
