/** Drafts by a smaller model with the same tokens (Leviathan et al. 2023; Chen et al. 2023). */
import { UserError } from '../contract/errors.ts';
import { openStored, type StoredModel } from '../models/stored.ts';
import { loadTokenizer, type Tokenizer } from '../models/tokenizer.ts';
import { argmax } from './argmax.ts';
import type { Decoder } from './decoder.ts';
import { Distribution } from './distribution.ts';
import { type Draft, type Drafter, DraftLength } from './drafter.ts';
import { Sampler, type SamplingOptions } from './sampler.ts';

/** A token less likely than this is mostly refused, so drafting ends with it. */
const UNSURE = 0.3;

export class DraftModel implements Drafter {
  readonly #decoder: Decoder;
  readonly #ids: number[];
  readonly #sampler: Sampler;
  readonly #greedy: boolean;
  readonly #length = new DraftLength();

  /** @param options how tokens are drawn: a draft drawn alike is accepted most often */
  constructor(decoder: Decoder, prompt: readonly number[], options: SamplingOptions) {
    this.#decoder = decoder;
    this.#ids = [...prompt];
    const { temperature, topK, topP, minP, seed = 0 } = options;
    this.#greedy = (temperature ?? 0) === 0;
    // Another stream of numbers than the one that decides.
    this.#sampler = new Sampler({ temperature, topK, topP, minP, seed: seed + 0x5eed });
  }

  add(id: number): void {
    this.#ids.push(id);
  }

  async draft(most: number, signal?: AbortSignal): Promise<Draft> {
    const decoder = this.#decoder;
    const greedy = this.#greedy;
    const count = Math.min(most, this.#length.length, decoder.maxLength - this.#ids.length);
    if (count <= 0) return { ids: [] };
    const ids: number[] = [];
    const probabilities: ((id: number) => number)[] = [];
    decoder.rewindTo(this.#ids);
    let logits = await decoder.extend(this.#ids.slice(decoder.length), undefined, signal);
    for (;;) {
      const values = logits.data as Float32Array;
      const chances = greedy ? Distribution.of(values, { temperature: 1 }) : this.#sampler.distribution(values);
      const id = greedy ? argmax(values) : this.#sampler.draw(chances);
      ids.push(id);
      if (!greedy) probabilities.push((one) => chances.probability(one));
      if (ids.length === count || chances.probability(id) < UNSURE) break;
      logits = await decoder.extend([id], undefined, signal);
    }
    return greedy ? { ids } : { ids, probabilities };
  }

  learn(drafted: number, right: number): void {
    this.#length.learn(drafted, right);
  }
}

/** @throws UserError arguments/incompatible where one token would mean two things */
export function assertSameTokens(target: Tokenizer, draft: Tokenizer): void {
  if (target.hash === draft.hash) return;
  const most = Math.max(target.vocabularySize, draft.vocabularySize);
  for (let id = 0; id < most; id++) {
    const [one, other] = [target.idToToken(id), draft.idToToken(id)];
    if (one === other) continue;
    const show = (token: string | undefined) => (token === undefined ? 'nothing' : `"${token}"`);
    const text = `the draft has another tokenizer: token ${id} is ${show(other)} there and ${show(one)} here`;
    throw new UserError('arguments/incompatible', text);
  }
}

/** @throws UserError arguments/incompatible for a model with other tokens, or one that continues no text */
export async function openDraft(folder: string, target: Tokenizer): Promise<StoredModel> {
  assertSameTokens(target, await loadTokenizer(folder));
  return openStored(folder);
}
