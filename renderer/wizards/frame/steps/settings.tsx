/** Three presets, and everything else under Advanced. */
import { Advanced } from '../../form/advanced.tsx';
import { Presets } from '../../form/presets.tsx';
import { askedElsewhere, presetsFor } from '../../form/values.ts';
import type { StepProps } from '../wizard.ts';

export function SettingsScreen({ wizard, technique, fields, form, change }: StepProps) {
  const preset = presetsFor(technique.presets, form.options).find(({ id }) => id === form.preset)?.values ?? {};
  return (
    <>
      {technique.presets.length > 0 && (
        <Presets
          question={wizard.question}
          technique={technique}
          fields={fields}
          form={form}
          use={wizard.presetUse}
          choose={({ id, values }) =>
            change({ preset: id, options: { ...askedElsewhere(fields, form.options), ...values } })
          }
        />
      )}
      <Advanced fields={fields} options={form.options} preset={preset} change={(options) => change({ options })} />
    </>
  );
}
