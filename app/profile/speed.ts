/** Prefill and decode speed of a model at given contexts: warmed up, repeated, with the spread. */

import { median } from '../evaluate/statistics.ts';
import { Answerer } from '../generate/answerer.ts';
import { argmax } from '../generate/argmax.ts';
import type { Decoder } from '../generate/decoder.ts';
import { spreadIds } from '../generate/spread-ids.ts';
import type { Tensor } from '../tensor/tensor.ts';

export interface ContextSpeed {
  /** Tokens in the context. */
  readonly tokens: number;
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  readonly timeToFirstTokenMs: number;
  /** (largest - smallest) / median over the repeats. */
  readonly spread: { readonly prefill: number; readonly decode: number };
}

export interface SpeedOptions {
  readonly contexts: readonly number[];
  readonly repeat: number;
  /** Tokens decoded in each repeat. */
  readonly decodeTokens?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

const spreadOf = (values: readonly number[]): number => (Math.max(...values) - Math.min(...values)) / median(values);

/** Contexts that, with the tokens decoded after them, do not fit the model are left out. */
export async function measureSpeed(model: Decoder | Answerer, options: SpeedOptions): Promise<ContextSpeed[]> {
  const { repeat, decodeTokens = 16, signal } = options;
  const { longest, begin: read, next } = stepsOf(model, signal);
  const contexts = options.contexts.filter((tokens) => tokens + decodeTokens <= longest);
  const { vocabulary } = model.model.config;
  const results: ContextSpeed[] = [];
  for (const [index, tokens] of contexts.entries()) {
    // Which tokens they are does not change the work; they need only be valid.
    const prompt = spreadIds(tokens, vocabulary);
    const prefill: number[] = [];
    const decode: number[] = [];
    for (let round = -1; round < repeat; round++) {
      const begin = performance.now();
      let logits = await read(prompt);
      let id = argmax(logits.data as Float32Array);
      const first = performance.now();
      for (let i = 0; i < decodeTokens; i++) {
        logits = await next(id);
        id = argmax(logits.data as Float32Array);
      }
      const end = performance.now();
      // The first round warms caches and lets the runtime lay out its memory.
      if (round < 0) continue;
      prefill.push(first - begin);
      decode.push((end - first) / decodeTokens);
      options.onProgress?.(index * repeat + round + 1, contexts.length * repeat);
    }
    results.push({
      tokens,
      prefillTokensPerSecond: (1000 * tokens) / median(prefill),
      decodeTokensPerSecond: 1000 / median(decode),
      timeToFirstTokenMs: median(prefill),
      spread: { prefill: spreadOf(prefill), decode: spreadOf(decode) },
    });
  }
  return results;
}

interface Steps {
  readonly longest: number;
  /** Reads a prompt as a model that has read nothing; the logits of the first token that is written. */
  begin(prompt: readonly number[]): Promise<Tensor>;
  next(id: number): Promise<Tensor>;
}

function stepsOf(model: Decoder | Answerer, signal?: AbortSignal): Steps {
  if (model instanceof Answerer) {
    const { maxLength, decoderStart = 0 } = model.model.config;
    return {
      longest: maxLength,
      async begin(prompt) {
        await model.read(prompt, signal);
        return model.extend([decoderStart], { signal });
      },
      next: (id) => model.extend([id], { signal }),
    };
  }
  return {
    longest: model.maxLength,
    begin(prompt) {
      model.rewind(0);
      return model.extend(prompt, undefined, signal);
    },
    next: (id) => model.extend([id], undefined, signal),
  };
}
