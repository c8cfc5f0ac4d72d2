/** Measures adaptive decoding against the whole model: the same prompts in turns, greedily, by the clock. */
import { AdaptiveDecoder, type Exits, type StepThresholds } from '../../generate/adaptive-decoder.ts';
import { argmax } from '../../generate/argmax.ts';
import { Decoder } from '../../generate/decoder.ts';
import type { StoredModel } from '../../models/stored.ts';

export interface DecodingTimes {
  /** Milliseconds a token of each prompt, prompt reading left out. */
  readonly full: readonly number[];
  readonly adaptive: readonly number[];
  readonly layers: readonly number[];
  readonly kinds: { readonly exit: number; readonly shortlist: number; readonly full: number };
  /** Share of tokens that are the same, from the same beginning, until the texts part. */
  readonly sameTokens: number;
  /** Of the first prompts: what was generated, and the layers behind each token. */
  readonly samples: readonly {
    readonly prompt: readonly number[];
    readonly ids: readonly number[];
    readonly layers: readonly number[];
  }[];
}

export interface MeasureOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (what: 'measuring', done: number, total: number) => void;
}

/** Tokens that are generated after each prompt. */
const TOKENS = 32;
const SAMPLES = 3;

export async function measureDecoding(
  model: StoredModel,
  exits: Exits,
  thresholds: StepThresholds,
  prompts: readonly (readonly number[])[],
  { threads, signal, onProgress }: MeasureOptions,
): Promise<DecodingTimes> {
  const maxLength = Math.max(...prompts.map((prompt) => prompt.length)) + TOKENS + 1;
  const plain = await Decoder.open(model, { threads, maxLength, spin: false });
  const adaptive = await AdaptiveDecoder.open(model, exits, { threads, maxLength });
  const times = { full: [] as number[], adaptive: [] as number[] };
  const layers: number[] = [];
  const kinds = { exit: 0, shortlist: 0, full: 0 };
  let same = 0;
  const samples: { prompt: readonly number[]; ids: number[]; layers: number[] }[] = [];
  const runPlain = async (prompt: readonly number[]): Promise<number[]> => {
    plain.rewind(0);
    const ids = [argmax((await plain.extend(prompt)).data as Float32Array)];
    const begin = performance.now();
    while (ids.length <= TOKENS) ids.push(argmax((await plain.extend([ids.at(-1)!])).data as Float32Array));
    times.full.push((performance.now() - begin) / TOKENS);
    return ids;
  };
  const runAdaptive = async (prompt: readonly number[]): Promise<number[]> => {
    adaptive.reset();
    const first = await adaptive.extend(prompt, thresholds);
    const ids = [first.token];
    const depths = [first.layers];
    const begin = performance.now();
    while (ids.length <= TOKENS) {
      const step = await adaptive.extend([ids.at(-1)!], thresholds);
      ids.push(step.token);
      layers.push(step.layers);
      depths.push(step.layers);
      kinds[step.kind] += 1;
    }
    times.adaptive.push((performance.now() - begin) / TOKENS);
    samples.push({ prompt, ids, layers: depths });
    return ids;
  };
  try {
    for (const [i, prompt] of [prompts[0], ...prompts].entries()) {
      signal?.throwIfAborted();
      const order = i % 2 === 0 ? [runPlain, runAdaptive] : [runAdaptive, runPlain];
      const [a, b] = [await order[0](prompt), await order[1](prompt)];
      let common = 0;
      while (common < a.length && a[common] === b[common]) common += 1;
      if (i > 0) same += common / a.length;
      onProgress?.('measuring', i, prompts.length);
      if (i > 0) continue;
      // The first only warms up.
      times.full.length = 0;
      times.adaptive.length = 0;
      layers.length = 0;
      samples.length = 0;
      Object.assign(kinds, { exit: 0, shortlist: 0, full: 0 });
    }
  } finally {
    plain.dispose();
    adaptive.dispose();
  }
  const steps = layers.length;
  return {
    ...times,
    layers,
    kinds: { exit: kinds.exit / steps, shortlist: kinds.shortlist / steps, full: kinds.full / steps },
    sameTokens: same / prompts.length,
    samples: samples.slice(0, SAMPLES),
  };
}
