/** Ranges of characters as sequences of ranges of bytes, in UTF-8 (after Cox, "Regular expression matching in the wild"). */
import type { Range } from './expression.ts';

export type ByteRange = readonly [first: number, last: number];

/** Last code point of each length. */
const LENGTHS = [0x7f, 0x7ff, 0xffff, 0x10ffff];

function encode(point: number): number[] {
  return [...Buffer.from(String.fromCodePoint(point), 'utf8')];
}

/** @param range without surrogates */
export function utf8Sequences([first, last]: Range): ByteRange[][] {
  for (const limit of LENGTHS) {
    if (first <= limit && last > limit) return [...utf8Sequences([first, limit]), ...utf8Sequences([limit + 1, last])];
  }
  if (last <= 0x7f) return [[[first, last]]];
  // Where all but the first bytes can be anything, each place is a range of its own.
  for (let bits = 6; bits <= 18; bits += 6) {
    const mask = (1 << bits) - 1;
    if (first >> bits === last >> bits) continue;
    if ((first & mask) !== 0)
      return [...utf8Sequences([first, first | mask]), ...utf8Sequences([(first | mask) + 1, last])];
    if ((last & mask) !== mask)
      return [...utf8Sequences([first, (last & ~mask) - 1]), ...utf8Sequences([last & ~mask, last])];
  }
  const [low, high] = [encode(first), encode(last)];
  return [low.map((byte, i): ByteRange => [byte, high[i]])];
}
