/** Three presets, and everything else under Advanced. */
import { Advanced } from '../../form/advanced.tsx';
import { Presets } from '../../form/presets.tsx';
import type { StepProps } from '../wizard.ts';

export function SettingsScreen({ wizard, technique, fields, form, change }: StepProps) {
  const preset = technique.presets.find(({ id }) => id === form.preset)?.values ?? {};
  // What a screen of its own asked for stays, whatever the preset.
  const elsewhere = Object.fromEntries(
    Object.entries(form.options).filter(([key]) => fields.every((field) => field.key !== key)),
  );
  return (
    <>
      {technique.presets.length > 0 && (
        <Presets
          question={wizard.question}
          technique={technique}
          fields={fields}
          form={form}
          use={wizard.presetUse}
          choose={({ id, values }) => change({ preset: id, options: { ...elsewhere, ...values } })}
        />
      )}
      <Advanced fields={fields} options={form.options} preset={preset} change={(options) => change({ options })} />
    </>
  );
}
