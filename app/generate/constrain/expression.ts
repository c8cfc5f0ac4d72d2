/** Expressions over characters, of which grammars are made. */

/** Code points from the first to the last. */
export type Range = readonly [first: number, last: number];

export type Expression =
  | { readonly kind: 'chars'; readonly ranges: readonly Range[] }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] }
  | { readonly kind: 'either'; readonly parts: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly part: Expression; readonly least: number; readonly most: number }
  | { readonly kind: 'rule'; readonly name: string };

/** Rules by name; the text is one of `start`. */
export interface Grammar {
  readonly start: string;
  readonly rules: ReadonlyMap<string, Expression>;
}

/** Parts within parts: more are a mistake, and none of those who walk through them would come to the end. */
export const MOST_NESTED = 200;

const LAST = 0x10ffff;
const SURROGATES: Range = [0xd800, 0xdfff];

export const sequence = (...parts: Expression[]): Expression => ({ kind: 'sequence', parts });
/** Without parts: what nothing can meet. */
export const either = (...parts: Expression[]): Expression =>
  parts.length === 1 ? parts[0] : { kind: 'either', parts };
export const repeat = (part: Expression, least: number, most = Number.POSITIVE_INFINITY): Expression => ({
  kind: 'repeat',
  part,
  least,
  most,
});
export const maybe = (part: Expression): Expression => repeat(part, 0, 1);
export const rule = (name: string): Expression => ({ kind: 'rule', name });
export const NOTHING: Expression = sequence();

/** Characters of a class; surrogates are no characters. */
export function chars(...ranges: (Range | string)[]): Expression {
  const wanted = ranges.map((range): Range => {
    if (typeof range !== 'string') return range;
    const points = Array.from(range, (c) => c.codePointAt(0) as number);
    return [points[0], points.at(-1) as number];
  });
  return { kind: 'chars', ranges: without(wanted, [SURROGATES]) };
}

/** All characters but those of a class. */
export const charsBut = (...ranges: Range[]): Expression => ({
  kind: 'chars',
  ranges: without([[0, LAST]], [...ranges, SURROGATES]),
});

export function text(value: string): Expression {
  return sequence(...Array.from(value, (c) => chars(c)));
}

/** The points of some ranges that are in none of others, in ascending order. */
export function without(ranges: readonly Range[], others: readonly Range[]): Range[] {
  let left: Range[] = [...ranges];
  for (const [first, last] of others) {
    left = left.flatMap(([a, b]): Range[] => {
      if (last < a || first > b) return [[a, b]];
      const pieces: Range[] = [];
      if (a < first) pieces.push([a, first - 1]);
      if (b > last) pieces.push([last + 1, b]);
      return pieces;
    });
  }
  return left.sort((x, y) => x[0] - y[0]);
}
