/** What a run of several sequences reads and writes beside the cache. */
import { type Tensor, tensor, zeros } from '../../tensor/tensor.ts';

export interface StepTensors {
  readonly batch: number;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly wanted: BigInt64Array;
  readonly logits: Tensor;
  /** The tokens of a row, the first of which has position `begin`. */
  set(row: number, begin: number, ids: readonly number[]): void;
  begin(row: number): number;
}

/** Made once for a shape of runs: only numbers change from one to the next. */
export function stepTensors(batch: number, length: number, wantedRows: number, vocabulary: number): StepTensors {
  const ids = new BigInt64Array(batch * length);
  const positions = new BigInt64Array(batch * length);
  const wanted = new BigInt64Array(wantedRows);
  const last = new Int32Array(batch);
  const total = new Int32Array(1);
  return {
    batch,
    wanted,
    inputs: {
      input_ids: tensor('int64', [batch, length], ids),
      position_ids: tensor('int64', [batch, length], positions),
      rows: tensor('int64', [wantedRows], wanted),
      last_position: tensor('int32', [batch], last),
      total_length: tensor('int32', [], total),
    },
    logits: zeros('float32', [wantedRows, vocabulary]),
    set(row, begin, given) {
      given.forEach((id, i) => {
        ids[row * length + i] = BigInt(id);
        positions[row * length + i] = BigInt(begin + i);
      });
      last[row] = begin + length - 1;
      total[0] = Math.max(...last) + 1;
    },
    begin: (row) => last[row] - length + 1,
  };
}
