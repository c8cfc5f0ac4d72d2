/** Quantize's form as a plan: fewer bits, measured on the data where some is chosen. */
import type { Field } from '../form/fields.ts';
import { type Plan, planOf, settingOf, shortName, type WizardForm } from '../frame/plan.ts';

export function quantizePlan(form: WizardForm, fields: readonly Field[]): Plan {
  const name = `${shortName(form.model?.name ?? 'model')}-${formatOf(fields, form.options)}`;
  return planOf('quantize', name, form, fields, form.dataset ? { evaluateId: form.dataset.id } : {});
}

/** The short word people use for the outcome: int4, int8, f16. */
export function formatOf(fields: readonly Field[], options: WizardForm['options']): string {
  const method = settingOf(fields, options, 'method');
  if (method === 'float16') return 'f16';
  return method === 'dynamic' ? 'int8-dynamic' : `int${settingOf(fields, options, 'bits') ?? 4}`;
}

/** "4 bits, groups of 32, embeddings 8 bits" */
export function quantizeSummary(fields: readonly Field[], options: WizardForm['options']): string {
  const value = (key: string) => settingOf(fields, options, key);
  const method = value('method');
  if (method === 'float16') return '16 bits, half precision';
  if (method === 'dynamic') return '8 bits, activations too';
  const word = typeof method === 'string' && method !== 'rtn' ? `${method.toUpperCase()}, ` : '';
  return `${word}${value('bits')} bits, groups of ${value('groupSize')}, embeddings ${value('embeddingBits')} bits`;
}
