/**
 * Which token of the data each prediction of a batch is, with a signature of all that was read up to it and of the label: what
 * a teacher said of one token must never be learnt at another.
 */
import type { Batch } from '../finetune/batch.ts';

export interface Prediction {
  /** Number of the example, and the place in it of the token that predicts. */
  readonly example: number;
  readonly position: number;
  /** 32 bits (FNV-1a) over the example's tokens up to this one (of an answer: and all of the input) and the label. */
  readonly signature: number;
}

/** Hash of what was read before each token and of the token itself. */
type Hashes = Int32Array;

const mix = (hash: number, value: number): number => Math.imul(hash ^ value, 0x01000193);
const BEGIN = 0x811c9dc5;

/** The batch's predictions in the order of its rows. The batch must say where its tokens come from. */
export function predictionsOf({ inputs, origins }: Batch): Prediction[] {
  if (!origins) throw new Error('the batch does not say where its tokens come from');
  const rows = inputs.rows.data as BigInt64Array;
  const targets = inputs.targets.data as BigInt64Array;
  const { examples, positions } = origins;
  const hashes = 'decoder_input_ids' in inputs ? answerHashes(inputs) : tokenHashes(inputs, examples, positions);
  return Array.from(rows, (row, i) => {
    const t = Number(row);
    const signature = mix(mix(hashes[t], 0x9e3779b9), Number(targets[i])) >>> 0;
    return { example: examples[t], position: positions[t], signature };
  });
}

function tokenHashes(inputs: Batch['inputs'], examples: Int32Array, positions: Int32Array): Hashes {
  const ids = inputs.input_ids.data as BigInt64Array;
  const hashes = new Int32Array(ids.length);
  for (let t = 0; t < ids.length; t++) {
    const continues = t > 0 && examples[t] === examples[t - 1] && positions[t] === positions[t - 1] + 1;
    hashes[t] = mix(continues ? hashes[t - 1] : BEGIN, Number(ids[t]));
  }
  return hashes;
}

/** Each answer's hash begins with its input's. The start token is left out: models have their own. */
function answerHashes(inputs: Batch['inputs']): Hashes {
  const [batch, length] = inputs.decoder_input_ids.shape;
  const ids = inputs.decoder_input_ids.data as BigInt64Array;
  const source = inputs.input_ids.data as BigInt64Array;
  const real = inputs.segment_ids.data as BigInt64Array;
  const width = source.length / batch;
  const hashes = new Int32Array(ids.length);
  for (let row = 0; row < batch; row++) {
    let hash = BEGIN;
    for (let t = row * width; t < (row + 1) * width; t++) if (real[t] !== 0n) hash = mix(hash, Number(source[t]));
    for (let t = row * length; t < (row + 1) * length; t++) {
      if (t > row * length) hash = mix(hash, Number(ids[t]));
      hashes[t] = hash;
    }
  }
  return hashes;
}
