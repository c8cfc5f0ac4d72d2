/** Export's form as a plan: one target, proved by loading it again. */
import type { Field } from '../form/fields.ts';
import { type Plan, planOf, shortName, type WizardForm } from '../frame/plan.ts';

export const DEFAULT_TARGET = 'onnx';

export const targetOf = (options: WizardForm['options']): string => String(options.target ?? DEFAULT_TARGET);

export function exportPlan(form: WizardForm, fields: readonly Field[]): Plan {
  const target = targetOf(form.options);
  // The place only led to the target.
  const { type, tensorTypes, imatrix, plan, place: _, ...rest } = form.options;
  // How GGUF stores weights means nothing to other targets: naming it would only confuse the reader.
  const stored = Object.entries({ type, tensorTypes, imatrix, plan }).filter(
    ([, value]) => value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0),
  );
  const options = { ...rest, target, ...(target === 'gguf' ? Object.fromEntries(stored) : {}) };
  return planOf('export', `${shortName(form.model?.name ?? 'model')}-${target}`, { ...form, options }, fields);
}

const TITLES: Readonly<Record<string, string>> = {
  onnx: 'ONNX',
  gguf: 'GGUF',
  gptq: 'GPTQ folder',
  'onnxruntime-mobile': 'ONNX Runtime for apps',
  'onnxruntime-genai': 'ONNX Runtime GenAI',
};

export const targetTitle = (target: string): string => TITLES[target] ?? target;

const TYPES: Readonly<Record<string, string>> = {
  f16: 'half precision: as good as the model',
  bf16: 'half precision with the range of float32: for models trained in it',
  q8_0: '8 bits: half the size, nearly as good',
  q6_k: '6 bits: hardly worse than 8',
  q5_1: '5 bits with minima: large for what it gives',
  q5_k_m: '5 bits, some layers 6: hardly worse than 6',
  q5_k: '5 bits: a good compromise',
  q5_0: '5 bits: for models whose rows k-types cannot take',
  q4_1: '4 bits with minima: a little better than q4_0',
  q4_k_m: '4 bits, the layers that matter most 6: what most people use',
  q4_k: '4 bits: the best of its size',
  q4_0: '4 bits: a quarter of the size, fastest on most processors',
  iq4_nl: '4 bits on uneven steps: better than q4_0, as small',
  iq4_xs: '4 bits on uneven steps, the smallest of 4',
  q3_k_m: '3 bits, many layers 4: clearly less exact',
  q3_k: '3 bits: clearly less exact',
  q2_k: '2 bits: a last resort',
};

/** What a type of stored weights means, in a line. */
export const typesText = (type: string): string => TYPES[type] ?? '';

/** "attn_v=q6_k, blk.0.=q8_0" as the list that the command takes. */
export const tensorTypesOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

export function exportSummary(options: WizardForm['options']): string {
  const target = targetOf(options);
  return target === 'gguf' ? `GGUF, ${options.type ?? 'f16'}` : targetTitle(target);
}
