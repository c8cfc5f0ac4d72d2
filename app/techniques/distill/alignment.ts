/**
 * Which token of the data each prediction of a batch is, with a signature of all that was read up to it and of the label: what
 * a teacher said of one token must never be learnt at another.
 */
import type { Batch } from '../finetune/batch.ts';

export interface Prediction {
  /** Number of the example, and the place in it of the token that predicts. */
  readonly example: number;
  readonly position: number;
  /** 32 bits (FNV-1a) over the example's tokens up to this one and the label. */
  readonly signature: number;
}

const mix = (hash: number, value: number): number => Math.imul(hash ^ value, 0x01000193);
const BEGIN = 0x811c9dc5;

/** The batch's predictions in the order of its rows. The batch must say where its tokens come from. */
export function predictionsOf({ inputs, origins }: Batch): Prediction[] {
  if (!origins) throw new Error('the batch does not say where its tokens come from');
  const ids = inputs.input_ids.data as BigInt64Array;
  const rows = inputs.rows.data as BigInt64Array;
  const targets = inputs.targets.data as BigInt64Array;
  const { examples, positions } = origins;
  const hashes = new Int32Array(ids.length);
  for (let t = 0; t < ids.length; t++) {
    const continues = t > 0 && examples[t] === examples[t - 1] && positions[t] === positions[t - 1] + 1;
    hashes[t] = mix(continues ? hashes[t - 1] : BEGIN, Number(ids[t]));
  }
  return Array.from(rows, (row, i) => {
    const t = Number(row);
    const signature = mix(mix(hashes[t], 0x9e3779b9), Number(targets[i])) >>> 0;
    return { example: examples[t], position: positions[t], signature };
  });
}
