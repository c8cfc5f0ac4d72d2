/**
 * How a prompt is cut up: attention then skips most of what causality masks anyway (a tenth of the time of 512 tokens), memory
 * does not grow with the prompt, a stop takes effect between pieces, and other sequences go on meanwhile.
 */

/** Most tokens in a piece. */
export const PIECE = 128;

/**
 * Where the next piece ends. No piece has a single token unless nothing else is left: attention sums a lone token in
 * another order, so that only this keeps the result the same however the prompt is cut.
 */
export function pieceEnd(begin: number, end: number, most = PIECE): number {
  const left = end - begin;
  if (left <= most) return end;
  return begin + (left === most + 1 ? most - 1 : most);
}
