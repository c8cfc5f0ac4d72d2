/**
 * Frozen weights that are held in fewer bits while adapters on them are trained (QLoRA, Dettmers et al. 2023, with a grid of
 * signed integers in place of theirs): codes and a scale a block are graph inputs, the floats are made where they are used,
 * once forward and once backward, and never all at a time.
 */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { DType } from '../../tensor/dtype.ts';
import type { Value } from '../../tensor/graph.ts';

export interface HeldFormat {
  readonly bits: 4 | 8;
  /** Weights of a row that share a scale. */
  readonly blockSize: number;
}

/** The graph input of a stored tensor. */
export type Stored = (name: string, dtype: DType, shape: readonly number[]) => Value;

/** The largest block that rows of a weight divide into; undefined: they stay as they are. */
export function heldFormat(bits: 4 | 8, inputs: number): HeldFormat | undefined {
  const blockSize = [32, 16, 8].find((size) => inputs % size === 0);
  return blockSize === undefined ? undefined : { bits, blockSize };
}

const codeType = (bits: 4 | 8): DType => (bits === 4 ? 'int4' : 'int8');
export const heldNames = (path: string, rows?: readonly [number, number]) => {
  const part = rows ? `.${rows[0]}-${rows[1]}` : '';
  return { codes: `${path}.codes${part}`, scales: `${path}.scales${part}` };
};

/** Codes and scales of the rows [from, to) of a weight [outputs, inputs]; default all. */
function storedParts(
  stored: Stored,
  path: string,
  [outputs, inputs]: readonly [number, number],
  { bits, blockSize }: HeldFormat,
  rows?: readonly [number, number],
): [Value, Value] {
  const names = heldNames(path, rows);
  const count = rows ? rows[1] - rows[0] : outputs;
  return [
    stored(names.codes, codeType(bits), [count, inputs]),
    stored(names.scales, 'float32', [count, inputs / blockSize]),
  ];
}

/** The weight as floats [outputs, inputs]. */
export function emitHeld(
  g: GraphBuilder,
  stored: Stored,
  path: string,
  size: readonly [number, number],
  format: HeldFormat,
): Value {
  const parts = storedParts(stored, path, size, format);
  return g.op('DequantizeLinear', parts, { axis: 1, block_size: format.blockSize });
}

/** Rows `ids` int64 [n] of a table held in 8 bits -> [n, width]. */
export function emitHeldRows(
  g: GraphBuilder,
  stored: Stored,
  path: string,
  [rows, width]: readonly [number, number],
  { blockSize }: HeldFormat,
  ids: Value,
): Value {
  const parts = storedParts(stored, path, [rows, width], { bits: 8, blockSize }).map((part) => g.gather(part, ids));
  return g.op('DequantizeLinear', parts, { axis: 1, block_size: blockSize });
}

/** Words of the vocabulary whose logits exist at a time. */
const CHUNK = 2048;

/** Losses [rows] of hidden states [rows, width] under a head held in 8 bits. */
export function emitHeldLosses(
  g: GraphBuilder,
  stored: Stored,
  path: string,
  size: readonly [number, number],
  format: HeldFormat,
  { x, targets, smoothing, z }: HeadLoss,
): Value {
  const [vocabulary] = size;
  const chunks: Value[] = [];
  for (let from = 0; from < vocabulary; from += CHUNK) {
    chunks.push(...storedParts(stored, path, size, format, [from, Math.min(vocabulary, from + CHUNK)]));
  }
  const answers = emitHeldRows(g, stored, path, size, format, targets);
  const attributes = { z, block_size: format.blockSize };
  const [losses] = g.apply('FrozenHeadLoss', [x, smoothed(answers), ...chunks], attributes, { outputs: 2 });
  return losses;

  /** A share of every answer is spread over all words: towards the mean of the head's rows (Szegedy et al. 2016). */
  function smoothed(rows: Value): Value {
    if (smoothing === 0) return rows;
    const mean = stored(`${path}.mean_row`, 'float32', [size[1]]);
    return g.add(g.scale(rows, 1 - smoothing), g.scale(mean, smoothing));
  }
}

export interface HeadLoss {
  readonly x: Value;
  readonly targets: Value;
  /** Share of each answer that is spread over all words. */
  readonly smoothing: number;
  /** Weight of the squared log of the normaliser. */
  readonly z: number;
}
