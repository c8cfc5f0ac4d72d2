/** Strings, integers and numbers within the bounds of a JSON schema, as parts of a grammar. */
import { UserError } from '../../contract/errors.ts';
import { type Bound, decimalRange } from './decimal-range.ts';
import { type Expression, repeat, rule, sequence, text } from './expression.ts';
import { integerRange, LARGEST } from './integer-range.ts';
import { parsePattern } from './pattern.ts';
import { bounds, type ObjectSchema, unsupported } from './schema-keywords.ts';

export function stringOf(schema: ObjectSchema, at: string): Expression {
  const [least, most] = bounds(schema, 'minLength', 'maxLength', at);
  if ('pattern' in schema) {
    const pattern = parsePattern(String(schema.pattern), at);
    const bounded = 'minLength' in schema || 'maxLength' in schema;
    return sequence(text('"'), bounded ? ofLength(pattern, least, most, at) : pattern, text('"'));
  }
  return sequence(text('"'), repeat(rule('character'), least, most), text('"'));
}

/** Where a pattern is characters of one class again and again, their number is that of the text. */
function ofLength(pattern: Expression, least: number, most: number, at: string): Expression {
  const only = alone(pattern);
  if (only.kind !== 'repeat' || alone(only.part).kind !== 'chars')
    throw unsupported(at, 'has a length beside a pattern that is more than one class of characters, such as ^[a-z]+$');
  const [fewest, highest] = [Math.max(least, only.least), Math.min(most, only.most)];
  if (fewest > highest) throw new UserError('schema/unsatisfiable', `${at} has no text of its length and pattern`);
  return repeat(only.part, fewest, highest);
}

const alone = (expression: Expression): Expression =>
  expression.kind === 'sequence' && expression.parts.length === 1 ? alone(expression.parts[0]) : expression;

function limit(schema: ObjectSchema, key: string, at: string): number | undefined {
  const value = schema[key];
  if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value)))
    throw unsupported(at, `has a ${key} that is no number`);
  return value as number | undefined;
}

/** The tighter of two bounds, one of which shuts its own value out; within what a double holds exactly. */
function limits(schema: ObjectSchema, at: string): readonly [low: Bound, high: Bound] {
  const side = (closed: string, open: string, sign: 1 | -1): Bound => {
    const [a, b] = [limit(schema, closed, at), limit(schema, open, at)];
    const shut = b !== undefined && (a === undefined || sign * b >= sign * a);
    const value = sign * Math.max(-LARGEST, sign * ((shut ? b : a) ?? -sign * LARGEST));
    return { value, open: shut };
  };
  return [side('minimum', 'exclusiveMinimum', 1), side('maximum', 'exclusiveMaximum', -1)];
}

export function integerOf(schema: ObjectSchema, at: string): Expression {
  const [above, below] = limits(schema, at);
  const low = above.open ? Math.floor(above.value) + 1 : Math.ceil(above.value);
  const high = below.open ? Math.ceil(below.value) - 1 : Math.floor(below.value);
  if (low > high) throw new UserError('schema/unsatisfiable', `${at} has no integer between its bounds`);
  return integerRange(low, high);
}

export function numberOf(schema: ObjectSchema, at: string): Expression {
  const [low, high] = limits(schema, at);
  if (low.value > high.value || (low.value === high.value && (low.open || high.open)))
    throw new UserError('schema/unsatisfiable', `${at} has no number between its bounds`);
  return decimalRange(low, high);
}
