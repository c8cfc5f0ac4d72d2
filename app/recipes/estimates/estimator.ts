/** What an estimate is made from and what it says; a technique's own estimator is one file beside this. */
import type { Calibration } from '../../profile/calibrate.ts';
import type { ModelShape } from './shape.ts';

export interface EstimateInput {
  readonly model: ModelShape;
  readonly machine: Calibration;
  readonly options: Readonly<Record<string, unknown>>;
  /** Distillation: the student, where it is a model of its own. A cascade: the model that is asked first. */
  readonly student?: ModelShape;
  /** Of the data set, where it was checked with this model's tokenizer. */
  readonly data?: {
    readonly rows: number;
    readonly tokens: number;
    readonly meanTokens: number;
    /** Share of the tokens that is learnt, and tokens of the longest row, where they are known. */
    readonly supervisedShare?: number;
    readonly longest?: number;
    /** Tokens of a sample of the texts, shortest first. */
    readonly lengths?: readonly number[];
    readonly classes?: number;
    /** Whether rows are three texts. */
    readonly triples?: boolean;
    /** Why nothing can be learnt from it. */
    readonly problem?: string;
  };
}

export interface Figures {
  /** Most likely; the range around it is the caller's. */
  readonly seconds: number;
  /** How wrong it may be, as a factor either way. */
  readonly uncertainty: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly resultBytes?: number;
  readonly resultFormat?: string;
  readonly steps?: number;
  /** Share of the texts that are longer than the tokens that are read of each. */
  readonly cut?: { readonly share: number; readonly length: number };
  readonly resultParameters?: number;
  /** Of the model as it is and of the result, one token after the other. */
  readonly decodeTokensPerSecond?: { readonly now: number; readonly result: number };
  /** Why this cannot be done to this model at all; `remedies` are then the ways around it. */
  readonly refusal?: string;
  /** Ways to need less, the mildest first: settings laid over the present ones. */
  readonly remedies?: readonly { readonly label: string; readonly options: Readonly<Record<string, unknown>> }[];
}

/** Weights in codes for ONNX Runtime: nothing but running and exporting to ONNX is known for them. */
export const isQuantized = ({ format }: Pick<ModelShape, 'format'>): boolean => /^int\d/.test(format);

export const QUANTIZED = 'This model is quantized already: choose the one it was made from.';

export type Estimator = (input: EstimateInput) => Figures;

/** Node, the runtime and what they load before any model is there. */
export const PROCESS_BYTES = 150e6;

export const number = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);

/** Of what products of matrices reach alone, this share is reached by a whole pass (measured on SmolLM2's shape: 0.8 to 0.9). */
const EFFICIENCY = 0.75;

/** Seconds for one pass of a model over this many tokens, forward only. */
export function forwardSeconds(
  { parameters, vocabulary, width, untied }: ModelShape,
  tokens: number,
  machine: Calibration,
): number {
  // The embedding is looked up; the head multiplies.
  const multiplied = untied ? parameters - vocabulary * width : parameters;
  return (2 * multiplied * tokens) / (EFFICIENCY * machine.flops);
}

/** Seconds for one decoded token: all weights are read once. */
export const decodeSeconds = (bytes: number, machine: Calibration): number =>
  bytes / (0.7 * machine.bandwidth) + 0.0003;

/** Memory of running a model: its weights, laid out anew for speed, and the cache. */
export function runningBytes({ layers, width }: ModelShape, bytes: number, context = 512): number {
  return PROCESS_BYTES + 1.6 * bytes + 2 * 4 * layers * width * context;
}

/** Before and after reports: load, speed at two contexts three times and once to warm up, perplexity of some examples. */
export function measureSeconds(
  model: ModelShape,
  bytes: number,
  machine: Calibration,
  examples: number,
  meanTokens: number,
): number {
  const prefill = 4 * forwardSeconds(model, 64 + 512, machine);
  const decode = 2 * 4 * 16 * decodeSeconds(bytes, machine);
  const quality = forwardSeconds(model, examples * meanTokens, machine);
  return 1.5 + bytes / 1e9 + prefill + decode + quality;
}
