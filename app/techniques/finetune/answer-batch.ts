/** A batch of inputs with their answers, as the training graph of an encoder-decoder takes it. */
import { int64 } from '../../tensor/tensor.ts';
import { type Batch, IGNORED } from './batch.ts';

export interface AnswerRow {
  readonly ids: ArrayLike<number>;
  /** The answer's tokens; -100 where nothing is learnt. */
  readonly labels: ArrayLike<number>;
  /** Number of the example in its data set. */
  readonly example?: number;
}

/**
 * Both sides padded to their longest. The decoder reads the start token and the answer shifted by one, and predicts the
 * answer; where a label is -100 it reads `pad`.
 */
export function makeAnswerBatch(rows: readonly AnswerRow[], start: number, pad: number): Batch {
  const encoder = side(rows.map(({ ids }) => ids));
  const decoder = side(
    rows.map(({ labels }) => {
      const answer = Array.from(labels, (label) => (label === IGNORED ? pad : label));
      return [start, ...answer.slice(0, -1)];
    }),
  );
  const asked: number[] = [];
  const targets: number[] = [];
  const examples = new Int32Array(rows.length * decoder.length);
  rows.forEach(({ labels, example = -1 }, row) => {
    examples.fill(example, row * decoder.length, (row + 1) * decoder.length);
    for (let t = 0; t < labels.length; t++) {
      if (labels[t] === IGNORED) continue;
      asked.push(row * decoder.length + t);
      targets.push(labels[t]);
    }
  });
  return {
    inputs: {
      input_ids: int64(encoder.shape, encoder.ids),
      position_ids: int64(encoder.shape, encoder.positions),
      segment_ids: int64(encoder.shape, encoder.segments),
      decoder_input_ids: int64(decoder.shape, decoder.ids),
      decoder_position_ids: int64(decoder.shape, decoder.positions),
      decoder_segment_ids: int64(decoder.shape, decoder.segments),
      rows: int64([asked.length], asked),
      targets: int64([targets.length], targets),
    },
    supervised: targets.length,
    tokens: encoder.tokens + decoder.tokens,
    ...(rows.every(({ example }) => example !== undefined)
      ? { origins: { examples, positions: Int32Array.from(decoder.positions) } }
      : {}),
  };
}

function side(texts: readonly ArrayLike<number>[]) {
  const length = Math.max(1, ...texts.map((text) => text.length));
  const size = texts.length * length;
  const [ids, positions, segments] = Array.from({ length: 3 }, () => new Array<number>(size).fill(0));
  let tokens = 0;
  texts.forEach((text, row) => {
    for (let t = 0; t < text.length; t++) {
      const at = row * length + t;
      ids[at] = text[t];
      positions[at] = t;
      segments[at] = 1;
      tokens += 1;
    }
  });
  return { length, shape: [texts.length, length], ids, positions, segments, tokens };
}
