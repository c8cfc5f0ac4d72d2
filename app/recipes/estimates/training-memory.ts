/**
 * The memory of a training at its peak, which lies where the losses turn into gradients: all that is kept for the backward pass is
 * there, and the arrays of the vocabulary's width. What each part takes was fitted to measured peaks of Llamas with 7 and 135
 * million weights (test/fixtures/training-memory.json), where it is right within 15%.
 */
import type { ModelShape } from './shape.ts';

export interface TrainingSettings {
  /** Every weight is trained, and attention is computed again for the backward pass. */
  readonly full: boolean;
  /** Adapters learn lengths of rows too, whose gradients need what each module gives (DoRA). */
  readonly lengths?: boolean;
  /** Bits that frozen weights are held in, tables of tokens in 8; undefined: as floats. */
  readonly baseBits?: number;
  readonly checkpointing: boolean;
  readonly optimizer: string;
  /** Micro-batches of a step. */
  readonly accumulate: number;
  /** Of the adapters. */
  readonly rank: number;
  /** Weights that are trained. */
  readonly trained: number;
}

export interface MicroBatch {
  /** All of them, without padding. */
  readonly tokens: number;
  /** Those whose losses are computed. */
  readonly supervised: number;
  /** The longest example: what attention is as wide as. */
  readonly longest: number;
}

const FLOAT = 4;
/** Node, the runtime, the tokenizer, the graph. */
const PROCESS = 250e6;
/** Arrays as large as the trained weights that optimisers keep. */
const MOMENTS: Readonly<Record<string, number>> = { adamw: 2, adafactor: 0, sgd: 0 };
/** Floats that a layer keeps for each token, in its widths: inputs, norms, query, key, value; gate, up, their product. */
const WIDTHS = 4.5;
const INNER_WIDTHS = 3;
/** Attention probabilities, and what the batch's padding to its longest example adds. */
const PROBABILITIES = 1.07;
/** Adapted modules of a layer, each of which keeps its narrow middle. */
const ADAPTED = 7;
/** What adapted modules give, in widths, with keys and values as wide as queries; and in inner widths. */
const GIVEN = 4;
const INNER_GIVEN = 2;
/** Bytes of an activation that is kept beside a held base, which is a half, and what lies unused between them. */
const HELD_ACTIVATION = 2;
const HELD_GAPS = 64e6;
/** Arrays of supervised tokens by vocabulary. */
const VOCABULARY_ARRAYS = 2;
/** What the backward pass of one layer holds, in what a layer keeps. */
const BACKWARD_LAYERS = 2.9;

/** Bytes, resident, of the whole process. */
export function trainingMemory(
  { parameters, layers, width, inner, heads, vocabulary }: ModelShape,
  { full, lengths = false, baseBits, checkpointing, optimizer, accumulate, rank, trained }: TrainingSettings,
  { tokens, supervised, longest }: MicroBatch,
): number {
  const frozen = full ? 0 : FLOAT * parameters;
  const arrays = 2 + (accumulate > 1 ? 1 : 0) + (MOMENTS[optimizer] ?? 2);
  const probabilities = PROBABILITIES * heads * longest;
  const given = lengths ? GIVEN * width + INNER_GIVEN * inner : 0;
  const plain = WIDTHS * width + INNER_WIDTHS * inner + (full ? 0 : ADAPTED * rank) + given;
  const kept = checkpointing
    ? layers * width + BACKWARD_LAYERS * (plain + probabilities)
    : layers * (plain + (full ? 0 : probabilities));
  if (baseBits !== undefined && !full) {
    // Codes and a scale for each 32 of them; activations in half precision but for what norms read; logits in chunks.
    const codes = (vocabulary * width * 9 + (parameters - vocabulary * width) * (baseBits + 1)) / 8;
    const bytes = checkpointing ? FLOAT * (layers * width + BACKWARD_LAYERS * plain) : HELD_ACTIVATION * layers * plain;
    return PROCESS + HELD_GAPS + codes + FLOAT * trained * arrays + tokens * bytes;
  }
  const head = VOCABULARY_ARRAYS * vocabulary * supervised;
  return PROCESS + frozen + FLOAT * (trained * arrays + tokens * kept + head);
}
