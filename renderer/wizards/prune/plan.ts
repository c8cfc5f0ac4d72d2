/** Prune's form as a plan: the data show what matters, and measure what it cost. */
import type { Field } from '../form/fields.ts';
import { type Plan, planOf, plural, settingOf, shortName, type WizardForm } from '../frame/plan.ts';

export function prunePlan(form: WizardForm, fields: readonly Field[]): Plan {
  const name = `${shortName(form.model?.name ?? 'model')}-pruned`;
  const { layers, ...others } = form.options;
  const depth = (settingOf(fields, form.options, 'method') ?? 'depth') === 'depth';
  // Layers that were chosen before something else was to go.
  const options = depth || layers === undefined ? form.options : others;
  return planOf('prune', name, { ...form, options }, fields, form.dataset ? { datasetId: form.dataset.id } : {});
}

const PARTS: Readonly<Record<string, string>> = {
  depth: 'of the layers',
  width: 'of the width',
  vocabulary: 'of the vocabulary',
  wanda: 'of single weights, by weight and activation',
  sparsegpt: 'of single weights, made good by the others',
  magnitude: 'of single weights, by size',
};

const DEFAULT_SHARES: Readonly<Record<string, string>> = {
  vocabulary: 'all unused',
  wanda: 'half',
  sparsegpt: 'half',
  magnitude: 'half',
};

/** "10% of the layers", "3 of the layers", "all unused of the vocabulary" */
export function pruneSummary(fields: readonly Field[], options: WizardForm['options']): string {
  const method = String(settingOf(fields, options, 'method') ?? 'depth');
  const amount = settingOf(fields, options, 'amount');
  if (method === 'depth' && Array.isArray(options.layers))
    return `${plural(options.layers.length, 'layer')}${learning(fields, options)}`;
  const share =
    typeof amount !== 'number'
      ? (DEFAULT_SHARES[method] ?? 'a tenth')
      : amount < 1
        ? `${Math.round(100 * amount)}%`
        : String(amount);
  const part = method === 'width' ? ` (${settingOf(fields, options, 'part') ?? 'neurons'})` : '';
  return `${share} ${PARTS[method] ?? method}${part}${learning(fields, options)}`;
}

const LEARNT: Readonly<Record<string, string>> = {
  lora: ', recovered with adapters',
  full: ', recovered with every weight',
  distill: ', recovered from the whole model',
};

function learning(fields: readonly Field[], options: WizardForm['options']): string {
  return LEARNT[String(settingOf(fields, options, 'recover'))] ?? '';
}
