/** Adapt's form as a plan: the data train the exits, and a part of them proves the promise. */
import type { ModelDetail } from '../../../app/contract/models.ts';
import type { Field } from '../form/fields.ts';
import { type Plan, planOf, settingOf, shortName, type WizardForm } from '../frame/plan.ts';

export function adaptPlan(form: WizardForm, fields: readonly Field[]): Plan {
  const name = `${shortName(form.model?.name ?? 'model')}-adaptive`;
  const small = smallOf(form.options);
  // A data set has a share of its own, for fine-tuning: too small to check a promise on.
  const heldOut = settingOf(fields, form.options, 'heldOut');
  const own = small === undefined ? { heldOut } : { heldOut, cascade: small };
  const plan = planOf('adapt', name, form, fields, form.dataset ? { datasetId: form.dataset.id } : {});
  return { ...plan, steps: plan.steps.map((step) => ({ ...step, options: { ...step.options, ...own } })) };
}

/** Exits in the model itself, among the ways of saving work. */
export const EXITS = 'exits';

/** The model that is asked first in a cascade. */
export const smallOf = (options: WizardForm['options']): string | undefined =>
  typeof options.cascade === 'string' && options.cascade !== '' ? options.cascade : undefined;

const PROMISE = ['calibration', 'tuning', 'heldOut'];
const JUDGED_TEXTS = ['maxLength', ...PROMISE];
/** Beside those of every way: how much may be lost, how sure that is, the seed. */
const USED = {
  classifier: {
    exits: ['method', 'exit', 'quantize', 'ponder', 'epochs', 'batchSize', 'learningRate', ...JUDGED_TEXTS],
    cascade: JUDGED_TEXTS,
  },
  decoder: {
    exits: ['exits', 'shortlist', 'keepExits', 'tokens', 'window', 'epochs', 'learningRate', ...PROMISE],
    cascade: ['answerTokens', ...PROMISE],
  },
} as const;
const ANY = new Set(Object.values(USED).flatMap(({ exits, cascade }) => [...exits, ...cascade]));

/** Settings of other kinds of models and other ways. */
export function unusedSettings(
  { config }: Pick<ModelDetail, 'config'>,
  { options }: Pick<WizardForm, 'options'>,
): string[] {
  const [name] = Array.isArray(config.architectures) ? (config.architectures as unknown[]) : [];
  const decodes = typeof name === 'string' && /(CausalLM|LMHeadModel)$/.test(name);
  const way = smallOf(options) === undefined ? 'exits' : 'cascade';
  const used: readonly string[] = USED[decodes ? 'decoder' : 'classifier'][way];
  return [...ANY].filter((key) => !used.includes(key));
}

/** "at most 1 point lost, 95% sure" */
export function adaptSummary(fields: readonly Field[], options: WizardForm['options']): string {
  const loss = 100 * Number(settingOf(fields, options, 'maxLoss') ?? 0.01);
  const sure = 100 * Number(settingOf(fields, options, 'confidence') ?? 0.95);
  const points = Number(loss.toPrecision(3));
  return `at most ${points} ${points === 1 ? 'point' : 'points'} lost, ${Number(sure.toPrecision(3))}% sure`;
}
