/** The decimal forms of the integers from one to another. */
import { chars, type Expression, either, repeat, sequence, text } from './expression.ts';

const digits = (count: number): Expression => repeat(chars('09'), count, count);
const between = (a: number, b: number): Expression => chars(`${a}${b}`);
/** Integers beyond are not whole numbers of a double any more. */
export const LARGEST = 10 ** 15 - 1;

/** @param low and `high` integers, of at most 15 digits; low <= high */
export function integerRange(low: number, high: number): Expression {
  if (low > high) return either();
  if (high < 0) return sequence(text('-'), natural(-high, -low));
  if (low < 0) return either(sequence(text('-'), natural(1, -low)), natural(0, high));
  return natural(low, high);
}

function natural(low: number, high: number): Expression {
  const options: Expression[] = [];
  for (let from = low; from <= high; ) {
    const count = String(from).length;
    const to = Math.min(high, 10 ** count - 1);
    options.push(sameLength(String(from), String(to)));
    from = to + 1;
  }
  return either(...options);
}

function sameLength(low: string, high: string): Expression {
  if (/^0*$/.test(low) && /^9*$/.test(high)) return digits(low.length);
  const [a, b] = [Number(low[0]), Number(high[0])];
  const rest = low.length - 1;
  if (a === b) return sequence(text(low[0]), sameLength(low.slice(1), high.slice(1)));
  const options = [sequence(text(low[0]), sameLength(low.slice(1), '9'.repeat(rest)))];
  if (b - a > 1) options.push(sequence(between(a + 1, b - 1), digits(rest)));
  options.push(sequence(text(high[0]), sameLength('0'.repeat(rest), high.slice(1))));
  return either(...options);
}
