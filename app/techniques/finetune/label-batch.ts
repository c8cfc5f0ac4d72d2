/** A batch of texts with a label each, as the training graph of a classifier takes it. */
import type { Pooling } from '../../models/architectures/architecture.ts';
import { int64, type Tensor, tensor } from '../../tensor/tensor.ts';
import { type Batch, IGNORED } from './batch.ts';

export interface LabelRow {
  readonly ids: ArrayLike<number>;
  /** Class id, -100: nothing is learnt from this row; or a number for each label. */
  readonly label: number | Float32Array;
  /** 0: padding. Absent: all tokens count. */
  readonly mask?: ArrayLike<number>;
  readonly types?: ArrayLike<number>;
}

export interface LabelBatchOptions {
  readonly pooling: Pooling;
  /** Positions are counted over the tokens that are not this one. */
  readonly positionsSkip?: number;
}

/** Rows padded to the longest; `rows` names the token, or `pooling` the weights of the tokens, that stand for a text. */
export function makeLabelBatch(texts: readonly LabelRow[], { pooling, positionsSkip }: LabelBatchOptions): Batch {
  const length = Math.max(1, ...texts.map(({ ids }) => ids.length));
  const size = texts.length * length;
  const [ids, positions, segments, types] = Array.from({ length: 4 }, () => new Array<number>(size).fill(0));
  const learnt = texts.flatMap(({ label }, row) => (label === IGNORED ? [] : [row]));
  const rows: number[] = [];
  const shares = new Float32Array(learnt.length * size);
  texts.forEach((text, row) => {
    const seen: number[] = [];
    let next = 0;
    for (let t = 0; t < text.ids.length; t++) {
      const at = row * length + t;
      ids[at] = text.ids[t];
      positions[at] = text.ids[t] === positionsSkip ? -1 : next++;
      segments[at] = text.mask?.[t] ?? 1;
      types[at] = text.types?.[t] ?? 0;
      if (segments[at] !== 0) seen.push(at);
    }
    if (text.label === IGNORED) return;
    for (const at of seen) shares[rows.length * size + at] = 1 / seen.length;
    rows.push(pooling === 'last' ? (seen.at(-1) ?? row * length) : row * length);
  });
  const shape = [texts.length, length];
  return {
    inputs: {
      input_ids: int64(shape, ids),
      position_ids: int64(shape, positions),
      segment_ids: int64(shape, segments),
      token_type_ids: int64(shape, types),
      rows: int64([rows.length], rows),
      pooling: tensor('float32', [rows.length, size], shares),
      targets: targetsOf(learnt.map((row) => texts[row].label)),
    },
    supervised: learnt.length,
    tokens: segments.filter((segment) => segment !== 0).length,
  };
}

/** int64 [rows] of class ids, or float32 [rows, labels]. */
export function targetsOf(labels: readonly (number | Float32Array)[]): Tensor {
  const [first] = labels;
  if (typeof first !== 'object') return int64([labels.length], labels as number[]);
  const values = new Float32Array(labels.length * first.length);
  labels.forEach((label, row) => {
    values.set(label as Float32Array, row * first.length);
  });
  return tensor('float32', [labels.length, first.length], values);
}
