/** What every wizard's form holds, and the plan it becomes. Pure: each wizard's own plan.ts builds on this. */
import type { Plan } from '../../../app/contract/recipes.ts';
import type { Preset } from '../../../app/contract/techniques.ts';
import type { Field } from '../form/fields.ts';
import { effective, namedOptions, type Options } from '../form/values.ts';

export type { Plan };
export type PresetId = Preset['id'];

export interface WizardForm {
  readonly model?: { readonly id: string; readonly name: string };
  readonly dataset?: { readonly id: string; readonly name: string };
  readonly preset?: PresetId;
  /** All settings, the preset's included; a missing key means the schema's default. */
  readonly options: Options;
  /** Answered before and after, so that people see the difference. */
  readonly prompts: readonly string[];
}

export const EMPTY_FORM: WizardForm = { options: {}, prompts: [] };

/**
 * @param name of the result, as the library will list it
 * @throws Error while no model is chosen: the wizard does not come that far
 */
export function planOf(
  technique: string,
  name: string,
  form: WizardForm,
  fields: readonly Field[],
  data: Pick<Plan, 'datasetId' | 'evaluateId' | 'mixedIds'> = {},
): Plan {
  if (!form.model) throw new Error('a plan needs a model');
  return {
    name,
    modelId: form.model.id,
    ...data,
    steps: [{ name: technique, options: namedOptions(fields, form.options) }],
  };
}

/** What a setting amounts to: as chosen, or its default. */
export function settingOf(fields: readonly Field[], options: Options, key: string): unknown {
  const field = fields.find((f) => f.key === key);
  return field ? effective(field, options) : options[key];
}

/** "data/plants-train.jsonl" -> "plants-train": what a result made with it is called after. */
export const stem = (path: string): string => (path.split(/[/\\]/).at(-1) ?? path).replace(/\.[a-z0-9]{1,8}$/i, '');

/** The short name a version goes by: the last part of an id such as "owner/model". */
export const shortName = (name: string): string => name.split('/').at(-1) ?? name;

export const plural = (count: number, word: string): string =>
  `${count.toLocaleString('en-US')} ${word}${count === 1 ? '' : 's'}`;
