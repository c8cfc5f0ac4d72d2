/** How likely a model finds given tokens: the numbers that perplexity, losses and divergences are made of. */
import type { Decoder } from '../generate/decoder.ts';
import { logSumExp } from '../generate/log-probabilities.ts';

/** Logits of this many positions are held at once. */
const PIECE = 64;

export interface LogitsPiece {
  readonly positions: readonly number[];
  /** float32 [positions, vocabulary]; valid until the next piece is asked for. */
  readonly logits: Float32Array;
}

/**
 * Runs a sequence through the model from an empty cache, a piece at a time. Two models asked for the same positions give
 * the same pieces.
 * @param wanted positions whose successors are predicted, ascending
 */
export async function* logitsOf(
  decoder: Decoder,
  ids: ArrayLike<number>,
  wanted: readonly number[],
  signal?: AbortSignal,
): AsyncGenerator<LogitsPiece, void> {
  decoder.rewind(0);
  const last = wanted.at(-1) ?? -1;
  let next = 0;
  for (let begin = 0; begin <= last; begin += PIECE) {
    const end = Math.min(begin + PIECE, last + 1);
    const positions: number[] = [];
    for (; next < wanted.length && wanted[next] < end; next++) positions.push(wanted[next]);
    const piece = Array.prototype.slice.call(ids, begin, end) as number[];
    // A piece nobody asks about still has to enter the cache.
    const rows = positions.length > 0 ? positions.map((position) => position - begin) : undefined;
    const { data } = await decoder.extend(piece, rows, signal);
    if (rows) yield { positions, logits: data as Float32Array };
  }
}

/** Negative log-likelihoods, in nats, of ids[t] for each t of `targets` (ascending, none 0), given everything before. */
export async function negativeLogLikelihoods(
  decoder: Decoder,
  ids: ArrayLike<number>,
  targets: readonly number[],
  signal?: AbortSignal,
): Promise<number[]> {
  const width = decoder.model.config.vocabulary;
  const result: number[] = [];
  const positions = targets.map((t) => t - 1);
  for await (const piece of logitsOf(decoder, ids, positions, signal)) {
    piece.positions.forEach((position, row) => {
      const at = row * width;
      result.push(logSumExp(piece.logits, at, width) - piece.logits[at + ids[position + 1]]);
    });
  }
  return result;
}
