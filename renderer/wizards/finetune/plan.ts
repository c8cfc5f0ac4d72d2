/** Fine-tune's form as a recipe: train on the chosen data set, measured on rows kept apart from it. */
import type { Field } from '../form/fields.ts';
import { effective } from '../form/values.ts';
import { planOf, type RecipePlan, shortName, stem, type WizardForm } from '../frame/plan.ts';

export function finetunePlan(form: WizardForm, fields: readonly Field[]): RecipePlan {
  if (!form.dataset) throw new Error('fine-tuning needs a data set');
  return planOf('finetune', resultName(form), form, fields, { dataset: form.dataset.path });
}

const resultName = ({ model, dataset }: WizardForm): string =>
  `${shortName(model?.name ?? 'model')}-${stem(dataset?.name ?? 'tuned')}`;

/** "LoRA rank 16, 1 epoch": what a set of settings amounts to. */
export function finetuneSummary(fields: readonly Field[], options: WizardForm['options']): string {
  const value = (key: string) => {
    const field = fields.find((f) => f.key === key);
    return field ? effective(field, options) : options[key];
  };
  const method = String(value('method') ?? 'lora');
  const what = method === 'full' ? 'All weights' : `${METHODS[method] ?? method} rank ${value('rank')}`;
  const steps = value('steps');
  const epochs = Number(value('epochs') ?? 1);
  const length = steps === undefined || steps === null ? plural(epochs, 'epoch') : plural(Number(steps), 'step');
  return `${what}, ${length}`;
}

const METHODS: Readonly<Record<string, string>> = { lora: 'LoRA', qlora: 'QLoRA', dora: 'DoRA' };
const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
