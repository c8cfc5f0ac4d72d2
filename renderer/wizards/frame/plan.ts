/** What every wizard's form holds, and the recipe it becomes. Pure: each wizard's own plan.ts builds on this. */
import type { Field } from '../form/fields.ts';
import { namedOptions, type Options } from '../form/values.ts';

export type PresetName = 'quick' | 'balanced' | 'best';

export interface WizardForm {
  readonly model?: { readonly id: string; readonly name: string };
  readonly dataset?: { readonly id: string; readonly name: string; readonly path: string };
  /** What quality is measured on, where it is not the data set's held-out rows. */
  readonly preset?: PresetName;
  /** All settings, the preset's included; a missing key means the schema's default. */
  readonly options: Options;
}

/** As `lathe run` reads it: every step has one key, the command's name. */
export interface RecipePlan {
  readonly name: string;
  readonly model: string;
  readonly dataset?: string;
  readonly evaluate?: string;
  readonly steps: readonly Readonly<Record<string, Options>>[];
}

/**
 * @param name of the result, as the library will list it
 * @throws Error while no model is chosen: the wizard does not come that far
 */
export function planOf(
  technique: string,
  name: string,
  form: WizardForm,
  fields: readonly Field[],
  { dataset, evaluate }: { readonly dataset?: string; readonly evaluate?: string } = {},
): RecipePlan {
  if (!form.model) throw new Error('a plan needs a model');
  return {
    name,
    model: form.model.id,
    ...(dataset === undefined ? {} : { dataset }),
    ...(evaluate === undefined ? {} : { evaluate }),
    steps: [{ [technique]: namedOptions(fields, form.options) }],
  };
}

/** "data/plants-train.jsonl" -> "plants-train": what a result made with it is called after. */
export const stem = (path: string): string => (path.split(/[/\\]/).at(-1) ?? path).replace(/\.[a-z0-9]{1,8}$/i, '');

/** The short name a version goes by: the last part of an id such as "owner/model". */
export const shortName = (name: string): string => name.split('/').at(-1) ?? name;
