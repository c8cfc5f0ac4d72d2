/** Draws command-line flags from a zod schema and reads their values back. */
import { Option } from 'commander';
import { z } from 'zod';
import { UserError } from '../contract/errors.ts';

interface Property {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Property[];
  readonly default?: unknown;
  readonly description?: string;
  readonly items?: Property;
}

export const kebab = (key: string): string => key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

function properties(schema: z.ZodObject): Record<string, Property> {
  return (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties ?? {}) as Record<string, Property>;
}

const typesOf = (p: Property): readonly string[] =>
  p.anyOf ? p.anyOf.flatMap(typesOf) : p.type === undefined ? [] : [p.type].flat();

const isRepeatable = (types: readonly string[]): boolean => types.includes('string') && types.includes('array');

export function flagsOf(schema: z.ZodObject): Option[] {
  return Object.entries(properties(schema)).map(([key, p]) => {
    const types = typesOf(p);
    const help = `${p.description ?? ''}${p.default === undefined ? '' : ` (default: ${JSON.stringify(p.default)})`}`;
    if (types.includes('boolean')) return new Option(`--${p.default === true ? 'no-' : ''}${kebab(key)}`, help);
    const word = p.enum ? p.enum.join('|') : types.some((t) => t === 'number' || t === 'integer') ? 'n' : 'value';
    const option = new Option(`--${kebab(key)} <${word}>`, help);
    // A text or a list of texts: named again, it is one more.
    if (isRepeatable(types)) option.argParser((text: string, before?: string[]) => [...(before ?? []), text]);
    return option;
  });
}

/**
 * @param given what commander read: strings, or booleans of switches
 * @throws UserError arguments/invalid naming the flag
 */
export function readFlags<S extends z.ZodObject>(schema: S, given: Readonly<Record<string, unknown>>): z.infer<S> {
  const values: Record<string, unknown> = {};
  for (const [key, p] of Object.entries(properties(schema))) {
    const value = given[key];
    if (value === undefined) continue;
    const types = typesOf(p);
    const numeric = types.some((t) => t === 'number' || t === 'integer');
    if (Array.isArray(value)) values[key] = value.length === 1 ? value[0] : value;
    else if (typeof value !== 'string') values[key] = value;
    else if (types.includes('array')) values[key] = value.split(',').map((v) => convert(v, p.items));
    else values[key] = numeric && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
  }
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data as z.infer<S>;
  const [issue] = parsed.error.issues;
  throw new UserError('arguments/invalid', `--${kebab(String(issue.path[0] ?? ''))}: ${issue.message}`);
}

function convert(text: string, items: Property | undefined): unknown {
  const numeric = items && typesOf(items).some((t) => t === 'number' || t === 'integer');
  return numeric ? Number(text) : text.trim();
}
