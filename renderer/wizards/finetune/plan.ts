/** Fine-tune's form as a plan: train on the chosen data set, measured on rows kept apart from it. */
import type { Field } from '../form/fields.ts';
import { type Plan, planOf, plural, settingOf, shortName, stem, type WizardForm } from '../frame/plan.ts';
import { mixedSets } from './mixture.ts';

export function finetunePlan(form: WizardForm, fields: readonly Field[]): Plan {
  if (!form.dataset) throw new Error('fine-tuning needs a data set');
  const { mixed: _, ...options } = form.options;
  const others = mixedSets(form.options).map(({ id }) => id);
  const name = `${shortName(form.model?.name ?? 'model')}-${stem(form.dataset.name)}`;
  const data = { datasetId: form.dataset.id, ...(others.length > 0 ? { mixedIds: others } : {}) };
  return planOf('finetune', name, { ...form, options }, fields, data);
}

const METHODS: Readonly<Record<string, string>> = { lora: 'LoRA', qlora: 'QLoRA', dora: 'DoRA' };

/** "LoRA rank 16, 1 epoch": what a set of settings amounts to. */
export function finetuneSummary(fields: readonly Field[], options: WizardForm['options']): string {
  const value = (key: string) => settingOf(fields, options, key);
  const method = String(value('method') ?? 'lora');
  const what =
    method === 'full'
      ? 'All weights'
      : method === 'freeze'
        ? 'Some weights'
        : `${METHODS[method] ?? method} rank ${value('rank')}`;
  const steps = value('steps');
  return `${what}, ${typeof steps === 'number' ? plural(steps, 'step') : plural(Number(value('epochs') ?? 1), 'epoch')}`;
}
