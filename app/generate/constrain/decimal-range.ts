/** The decimal forms of the numbers between two bounds, digit by digit and without exponents. */
import { chars, type Expression, either, maybe, NOTHING, repeat, sequence, text } from './expression.ts';
import { integerRange, LARGEST } from './integer-range.ts';
import { DIGIT, FRACTION, MOST_DIGITS } from './json-text.ts';

export interface Bound {
  readonly value: number;
  /** The value itself is outside. */
  readonly open: boolean;
}

/** What is asked of the digits after the point: `digits` end in no zero, and are none for zero. */
interface Digits {
  readonly digits: string;
  readonly open: boolean;
}

const ANY = repeat(DIGIT, 0, MOST_DIGITS);
/** Zeros that say nothing new: a model may write a few. */
const MOST_ZEROS = 3;
const from = (a: number, b: number): Expression => chars(`${a}${b}`);

/** @param low, @param high of at most 15 digits before the point; low < high, or both closed and the same */
export function decimalRange(low: Bound, high: Bound): Expression {
  const options: Expression[] = [];
  if (high.value >= 0) options.push(natural(low.value < 0 ? { value: 0, open: false } : low, high));
  if (low.value < 0) {
    const nearer = high.value > 0 ? { value: 0, open: false } : { ...high, value: -high.value };
    options.push(sequence(text('-'), natural(nearer, { ...low, value: -low.value })));
  }
  return either(...options);
}

/** Without a sign. */
function natural(low: Bound, high: Bound): Expression {
  const [least, most] = [wholeOf(low.value), wholeOf(high.value)];
  const [a, b] = [digitsOf(low), digitsOf(high)];
  if (least === most) return sequence(integerRange(least, least), fraction(a, b));
  return either(
    sequence(integerRange(least, least), fraction(a, undefined)),
    sequence(integerRange(least + 1, most - 1), maybe(FRACTION)),
    sequence(integerRange(most, most), fraction(undefined, b)),
  );
}

const wholeOf = (value: number): number => Math.min(LARGEST, Math.floor(value));

function digitsOf({ value, open }: Bound): Digits {
  const [mantissa, exponent = '0'] = String(value).split('e');
  const [whole, digits = ''] = mantissa.split('.');
  // 1e-7 has its digits further right.
  const right = Math.max(0, -Number(exponent) - whole.length);
  const all = Number(exponent) < 0 ? '0'.repeat(right) + whole + digits : digits;
  return { digits: all.replace(/0+$/, ''), open };
}

/** A point and digits, or neither where the whole number will do. */
function fraction(low: Digits | undefined, high: Digits | undefined): Expression {
  const written = sequence(text('.'), digitsBetween(low, high, true));
  return mayEnd(low, high) ? maybe(written) : written;
}

const mayEnd = (low: Digits | undefined, high: Digits | undefined): boolean =>
  (!low || (low.digits === '' && !low.open)) && (high?.digits !== '' || !high.open);

/** @param first at least one digit must come */
function digitsBetween(low: Digits | undefined, high: Digits | undefined, first = false): Expression {
  if (low?.digits === '' && !low.open) return digitsBetween(undefined, high, first);
  if (!low && !high) return first ? repeat(DIGIT, 1, MOST_DIGITS) : ANY;
  if (high?.digits === '') return low || high.open ? either() : repeat(text('0'), first ? 1 : 0, MOST_ZEROS);
  if (low?.digits === '' && !high) return sequence(repeat(text('0'), 0, MOST_DIGITS), from(1, 9), ANY);
  const [a, b] = [Number(low?.digits[0] ?? 0), Number(high?.digits[0] ?? 9)];
  const after = (bound: Digits | undefined) => bound && { ...bound, digits: bound.digits.slice(1) };
  const options: Expression[] = !first && mayEnd(low, high) ? [NOTHING] : [];
  // Digits on a bound are held to what follows there; between them anything may follow.
  const onBoth = low && high && a === b;
  if (onBoth) options.push(sequence(from(a, a), digitsBetween(after(low), after(high))));
  else {
    if (low) options.push(sequence(from(a, a), digitsBetween(after(low), undefined)));
    if (high) options.push(sequence(from(b, b), digitsBetween(undefined, after(high))));
    const [least, most] = [low ? a + 1 : a, high ? b - 1 : b];
    if (least <= most) options.push(sequence(from(least, most), ANY));
  }
  return either(...options);
}
