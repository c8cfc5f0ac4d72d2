/** Export's form as a recipe: one target, proved by loading it again. */
import type { Field } from '../form/fields.ts';
import { planOf, type RecipePlan, shortName, type WizardForm } from '../frame/plan.ts';

export const DEFAULT_TARGET = 'onnx';

export const targetOf = (options: WizardForm['options']): string => String(options.target ?? DEFAULT_TARGET);

export function exportPlan(form: WizardForm, fields: readonly Field[]): RecipePlan {
  const target = targetOf(form.options);
  const { type, ...rest } = form.options;
  // How GGUF stores weights means nothing to other targets: naming it would only confuse the reader.
  const options = { ...rest, target, ...(target === 'gguf' && type !== undefined ? { type } : {}) };
  return planOf('export', `${shortName(form.model?.name ?? 'model')}-${target}`, { ...form, options }, fields);
}

export function exportSummary(options: WizardForm['options']): string {
  const target = targetOf(options);
  return target === 'gguf' ? `GGUF, ${options.type ?? 'f16'}` : (TITLES[target] ?? target);
}

const TITLES: Readonly<Record<string, string>> = { onnx: 'ONNX', safetensors: 'safetensors', gguf: 'GGUF' };
