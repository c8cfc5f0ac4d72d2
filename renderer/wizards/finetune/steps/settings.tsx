/** How much it learns: presets, which weights learn and from what in plain words, and everything else under Advanced. */
import { Advanced } from '../../form/advanced.tsx';
import { Presets } from '../../form/presets.tsx';
import { askedElsewhere } from '../../form/values.ts';
import type { StepProps } from '../../frame/wizard.ts';
import { ASKED_APART, isPreference } from '../methods.ts';
import { GoalCard } from './goal.tsx';
import { MethodCard } from './method.tsx';

export function FinetuneSettings({ wizard, technique, fields, form, change }: StepProps) {
  const preset = technique.presets.find(({ id }) => id === form.preset)?.values ?? {};
  const { objective } = form.options;
  const elsewhere = {
    ...askedElsewhere(fields, form.options),
    ...(objective === undefined ? {} : { objective }),
  };
  return (
    <>
      <Presets
        question={wizard.question}
        technique={technique}
        fields={fields}
        form={form}
        use={wizard.presetUse}
        shared={elsewhere}
        choose={({ id, values }) => {
          // A preset's rate is meant for answers; preferences say less of a text and are soon overdone.
          const { learningRate, ...rest } = values;
          const rate = isPreference(form.options) ? {} : { learningRate };
          change({ preset: id, options: { ...elsewhere, ...rest, ...rate } });
        }}
      />
      <GoalCard form={form} change={change} />
      <MethodCard form={form} change={change} technique={technique.name} />
      <Advanced
        fields={fields.filter(({ key }) => !ASKED_APART.includes(key))}
        options={form.options}
        preset={preset}
        change={(options) => change({ options })}
      />
    </>
  );
}
