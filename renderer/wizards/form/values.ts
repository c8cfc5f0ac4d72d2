/** Values of a drawn form: what differs from the default, what a typed text means, what is wrong with it. */
import type { Preset } from '../../../app/contract/techniques.ts';
import { type Field, valueText } from './fields.ts';

/** Settings by key; a missing key means the default. */
export type Options = Readonly<Record<string, unknown>>;

export const sameValue = (a: unknown, b: unknown): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((v, i) => sameValue(v, b[i])));

export const effective = (field: Field, options: Options): unknown => options[field.key] ?? field.default;

/** Whether a setting differs from what the chosen preset (or else the schema) gives. */
export const isChanged = (field: Field, options: Options, preset: Options): boolean =>
  !sameValue(effective(field, options), effective(field, preset));

export const changedKeys = (fields: readonly Field[], options: Options, preset: Options): string[] =>
  fields.filter((field) => isChanged(field, options, preset)).map(({ key }) => key);

/** A copy with one setting; undefined removes it. */
export function withOption(options: Options, key: string, value: unknown): Options {
  const { [key]: _, ...rest } = options;
  return value === undefined ? rest : { ...rest, [key]: value };
}

/** The settings that a recipe must name: all that differ from the schema's defaults. */
export const namedOptions = (fields: readonly Field[], options: Options): Options =>
  Object.fromEntries(
    Object.entries(options).filter(([key, value]) => {
      const field = fields.find((f) => f.key === key);
      return value !== undefined && value !== null && (!field || !sameValue(value, field.default));
    }),
  );

export type Reading = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

const PLAIN_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** What a person typed into a field. Empty means the default. Thousands separators are allowed. */
export function readField(field: Field, text: string): Reading {
  const typed = text.trim();
  if (typed === '') return { ok: true, value: undefined };
  switch (field.control) {
    case 'number':
      if (field.words.includes(typed.toLowerCase())) return { ok: true, value: typed.toLowerCase() };
      return readNumber(field, typed.replace(/,(?=\d{3}\b)/g, ''));
    case 'list': {
      const parts = typed.split(/[\s,]+/).filter(Boolean);
      if (!field.numeric) return { ok: true, value: parts };
      const bad = parts.find(
        (part) => !PLAIN_NUMBER.test(part) || Number(part) <= 0 || (field.integer && !Number.isInteger(Number(part))),
      );
      return bad
        ? { ok: false, problem: `"${bad}" is not a ${field.integer ? 'whole ' : ''}number above 0` }
        : { ok: true, value: parts.map(Number) };
    }
    default:
      return { ok: true, value: typed };
  }
}

function readNumber(field: Extract<Field, { control: 'number' }>, typed: string): Reading {
  const value = Number(typed);
  if (!PLAIN_NUMBER.test(typed) || !Number.isFinite(value)) return { ok: false, problem: `"${typed}" is not a number` };
  const { minimum, maximum } = field;
  if (field.integer && !Number.isInteger(value)) return { ok: false, problem: 'must be a whole number' };
  if (minimum !== undefined && (value < minimum || (field.aboveMinimum && value === minimum)))
    return { ok: false, problem: `must be ${field.aboveMinimum ? 'above' : 'at least'} ${valueText(minimum)}` };
  if (maximum !== undefined && (value > maximum || (field.belowMaximum && value === maximum)))
    return { ok: false, problem: `must be ${field.belowMaximum ? 'below' : 'at most'} ${valueText(maximum)}` };
  return { ok: true, value };
}

/** Those of a technique's presets that are for a form with these settings: see `where`. */
export function presetsFor(presets: readonly Preset[], options: Options): readonly Preset[] {
  const own = presets.filter(
    ({ where }) => where && Object.entries(where).every(([key, value]) => options[key] === value),
  );
  return own.length > 0 ? own : presets.filter(({ where }) => where === undefined);
}

/** What a screen of its own asked for, such as columns: it stays, whatever the preset. */
export const askedElsewhere = (fields: readonly Field[], options: Options): Options =>
  Object.fromEntries(Object.entries(options).filter(([key]) => fields.every((field) => field.key !== key)));
