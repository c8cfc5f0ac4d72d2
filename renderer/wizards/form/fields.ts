/** Draws form fields from a technique's JSON schema: what kind of control, which choices, range, default, help. */
import { type FieldWords, WORDS } from './words/index.ts';

/** The part of JSON Schema that zod writes for our parameters. */
export interface Property {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Property[];
  readonly items?: Property;
  readonly default?: unknown;
  readonly title?: string;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}
export interface ParameterSchema {
  readonly properties?: Readonly<Record<string, Property>>;
}

export interface Choice {
  readonly value: string | number;
  readonly label: string;
}

interface FieldBase {
  readonly key: string;
  readonly label: string;
  /** One line. */
  readonly help: string;
  readonly unit?: string;
  /** Shown before "All" is asked for. */
  readonly common: boolean;
  readonly group?: string;
  /** What happens when nothing is set: a value, or words where the engine decides. */
  readonly default: unknown;
  readonly defaultText: string;
}
export type Field =
  | (FieldBase & { readonly control: 'switch' })
  | (FieldBase & { readonly control: 'select'; readonly choices: readonly Choice[]; readonly optional: boolean })
  | (FieldBase & {
      readonly control: 'number';
      readonly integer: boolean;
      readonly minimum?: number;
      readonly maximum?: number;
      readonly aboveMinimum: boolean;
      readonly belowMaximum: boolean;
      /** Words that may stand in the number's place: auto. */
      readonly words: readonly string[];
    })
  | (FieldBase & { readonly control: 'text' })
  | (FieldBase & { readonly control: 'list'; readonly numeric: boolean; readonly integer: boolean });

const typesOf = (p: Property): readonly string[] =>
  p.anyOf ? p.anyOf.flatMap(typesOf) : p.type === undefined ? [] : [p.type].flat();

/** The values of an enum or of a union of literals; none where any value will do. */
function choicesOf(p: Property): readonly (string | number)[] {
  if (p.enum) return p.enum.filter((v): v is string | number => typeof v === 'string' || typeof v === 'number');
  if (p.const !== undefined) return choicesOf({ enum: [p.const] });
  const parts = (p.anyOf ?? []).map(choicesOf);
  return parts.length > 0 && parts.every((part) => part.length > 0) ? parts.flat() : [];
}

/** "batchSize" -> "Batch size". */
export function sentence(key: string): string {
  const words = key
    .replace(/[-_]/g, ' ')
    .replace(/([a-z0-9])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Splits "Optimiser steps (default: from the epochs)" into its help and the words for the default. */
function helpOf(description: string): { help: string; fallback?: string } {
  const match = /^(.*?)\s*\(default:?\s+([^)]*)\)\s*$/.exec(description);
  return match ? { help: match[1], fallback: match[2] } : { help: description };
}

export const valueText = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number') return numberText(value);
  return Array.isArray(value) ? value.map(valueText).join(', ') : String(value);
};

/** As people type it: 0.0002, not 2e-4, until it gets absurd; groups of three from 10,000. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return value >= 10_000 ? value.toLocaleString('en-US') : String(value);
  return Math.abs(value) < 1e-6 ? value.toExponential() : value.toFixed(10).replace(/0+$/, '');
}

/** A value as the field's own words: "LoRA adapters", not "lora". */
export const wordsFor = (field: Field, value: unknown): string =>
  (field.control === 'select' && field.choices.find((choice) => choice.value === value)?.label) || valueText(value);

function fieldOf(key: string, p: Property, words: FieldWords): Field {
  const { help, fallback } = helpOf(p.description ?? '');
  const choices = choicesOf(p);
  const label = (value: string | number) =>
    words.choices?.[String(value)] ?? (typeof value === 'string' ? sentence(value) : String(value));
  const base = {
    key,
    label: words.label ?? p.title ?? sentence(key),
    help: words.help ?? help,
    unit: words.unit,
    common: words.common ?? false,
    group: words.group,
    default: p.default,
    defaultText:
      p.default === undefined
        ? (fallback ?? 'automatic')
        : choices.length > 0
          ? label(p.default as string | number).toLowerCase()
          : valueText(p.default),
  };
  const types = typesOf(p);
  if (choices.length > 0)
    return {
      ...base,
      control: 'select',
      optional: p.default === undefined,
      choices: choices.map((value) => ({ value, label: label(value) })),
    };
  if (types.includes('boolean')) return { ...base, control: 'switch' };
  if (types.includes('array')) {
    const items = p.items ? typesOf(p.items) : [];
    return {
      ...base,
      control: 'list',
      numeric: items.includes('number') || items.includes('integer'),
      integer: !items.includes('number'),
    };
  }
  if (!types.includes('number') && !types.includes('integer')) return { ...base, control: 'text' };
  // A number or a word: the range is that of the number.
  const range = p.anyOf?.find((part) => typesOf(part).some((type) => type === 'number' || type === 'integer')) ?? p;
  return {
    ...base,
    control: 'number',
    integer: !types.includes('number'),
    minimum: range.minimum ?? range.exclusiveMinimum,
    // zod writes the largest safe integer where there is no limit.
    maximum: [range.maximum, range.exclusiveMaximum].find(
      (limit) => limit !== undefined && limit < Number.MAX_SAFE_INTEGER,
    ),
    aboveMinimum: range.minimum === undefined && range.exclusiveMinimum !== undefined,
    belowMaximum: range.maximum === undefined && range.exclusiveMaximum !== undefined,
    words: (p.anyOf ?? []).flatMap(choicesOf).filter((word) => typeof word === 'string'),
  };
}

/** Fields in the order of the schema, without those that the wizard asks for itself (`hidden`). */
export function fieldsOf(schema: ParameterSchema, technique: string, hidden: readonly string[] = []): Field[] {
  return Object.entries(schema.properties ?? {})
    .filter(([key]) => !hidden.includes(key))
    .map(([key, p]) => fieldOf(key, p, { ...WORDS['*']?.[key], ...WORDS[technique]?.[key] }));
}
