/** A batch as the training graph takes it. */
import { int64, type Tensor } from '../../tensor/tensor.ts';

export const IGNORED = -100;

export interface Batch {
  /** input_ids, position_ids, segment_ids [batch, length]; rows, targets [rows]. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly supervised: number;
  /** What the loss is a mean over, where that is not the supervised tokens. */
  readonly divisor?: number;
  /** Tokens that are not padding. */
  readonly tokens: number;
  /** Where each token comes from: its example and its place in it; where the rows say it. */
  readonly origins?: { readonly examples: Int32Array; readonly positions: Int32Array };
}

export interface BatchRow {
  readonly ids: ArrayLike<number>;
  /** As ids, unshifted: what the token before should have predicted; -100 where nothing is learnt. */
  readonly labels: ArrayLike<number>;
  /** Absent: 0, 1, 2, … */
  readonly positions?: ArrayLike<number>;
  /** Which example a token belongs to, from 1; 0 is padding. Absent: all one. */
  readonly segments?: ArrayLike<number>;
  /** Number of the example in its data set that a token belongs to. */
  readonly examples?: ArrayLike<number>;
}

/** Rows padded to the longest. A token predicts its successor, if that belongs to the same example and has a label. */
export function makeBatch(rows: readonly BatchRow[]): Batch {
  const length = Math.max(1, ...rows.map((row) => row.ids.length));
  const size = rows.length * length;
  const ids = new Array<number>(size).fill(0);
  const positions = new Array<number>(size).fill(0);
  const segments = new Array<number>(size).fill(0);
  const supervisedRows: number[] = [];
  const targets: number[] = [];
  let tokens = 0;
  rows.forEach((row, r) => {
    for (let t = 0; t < row.ids.length; t++) {
      const at = r * length + t;
      ids[at] = row.ids[t];
      positions[at] = row.positions?.[t] ?? t;
      segments[at] = row.segments?.[t] ?? 1;
      if (segments[at] !== 0) tokens += 1;
      const follows = t + 1 < row.ids.length && (row.segments?.[t + 1] ?? 1) === segments[at];
      if (follows && row.labels[t + 1] !== IGNORED) {
        supervisedRows.push(at);
        targets.push(row.labels[t + 1]);
      }
    }
  });
  const shape = [rows.length, length];
  return {
    inputs: {
      input_ids: int64(shape, ids),
      position_ids: int64(shape, positions),
      segment_ids: int64(shape, segments),
      rows: int64([supervisedRows.length], supervisedRows),
      targets: int64([targets.length], targets),
    },
    supervised: targets.length,
    tokens,
  };
}
