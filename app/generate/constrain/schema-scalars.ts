/** Strings, integers and numbers within the bounds of a JSON schema, as parts of a grammar. */
import { UserError } from '../../contract/errors.ts';
import { type Expression, either, maybe, repeat, rule, sequence, text } from './expression.ts';
import { integerRange, LARGEST } from './integer-range.ts';
import { FRACTION } from './json-text.ts';
import { parsePattern } from './pattern.ts';
import { bounds, type ObjectSchema, unsupported } from './schema-keywords.ts';

export function stringOf(schema: ObjectSchema, at: string): Expression {
  if ('pattern' in schema) {
    if ('minLength' in schema || 'maxLength' in schema) throw unsupported(at, 'has a pattern and a length');
    return sequence(text('"'), parsePattern(String(schema.pattern), at), text('"'));
  }
  const [least, most] = bounds(schema, 'minLength', 'maxLength', at);
  return sequence(text('"'), repeat(rule('character'), least, most), text('"'));
}

function limit(schema: ObjectSchema, key: string, at: string): number | undefined {
  const value = schema[key];
  if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value)))
    throw unsupported(at, `has a ${key} that is no number`);
  return value as number | undefined;
}

export function integerOf(schema: ObjectSchema, at: string): Expression {
  const above = limit(schema, 'exclusiveMinimum', at);
  const below = limit(schema, 'exclusiveMaximum', at);
  const low = Math.max(
    -LARGEST,
    Math.ceil(limit(schema, 'minimum', at) ?? -LARGEST),
    above === undefined ? -LARGEST : Math.floor(above) + 1,
  );
  const high = Math.min(
    LARGEST,
    Math.floor(limit(schema, 'maximum', at) ?? LARGEST),
    below === undefined ? LARGEST : Math.ceil(below) - 1,
  );
  if (low > high) throw new UserError('schema/unsatisfiable', `${at} has no integer between its bounds`);
  return integerRange(low, high);
}

/** Bounds must be whole, so that digits before the point decide. */
export function numberOf(schema: ObjectSchema, at: string): Expression {
  const low = limit(schema, 'minimum', at) ?? -LARGEST;
  const high = limit(schema, 'maximum', at) ?? LARGEST;
  if (low > high) throw new UserError('schema/unsatisfiable', `${at} has its minimum above its maximum`);
  if (!Number.isInteger(low) || !Number.isInteger(high))
    throw unsupported(at, 'has a bound of a number that is not whole');
  const zeros = maybe(sequence(text('.'), repeat(text('0'), 1, 3)));
  /** Numbers without sign from a to b. */
  const within = (a: number, b: number): Expression[] => [
    ...(a < b ? [sequence(integerRange(a, b - 1), maybe(FRACTION))] : []),
    sequence(integerRange(b, b), zeros),
  ];
  const options: Expression[] = [];
  if (high >= 0) options.push(...within(Math.max(0, low), high));
  if (low < 0) options.push(...within(Math.max(0, -high), -low).map((part) => sequence(text('-'), part)));
  return either(...options);
}
