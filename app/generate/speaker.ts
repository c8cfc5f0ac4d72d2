/** A chat model that says how likely its answer is to itself: the geometric mean of its tokens' probabilities. */
import { type ChatTemplate, loadChatTemplate, type Message } from '../models/chat-template.ts';
import { openStored } from '../models/stored.ts';
import { loadTokenizer, type Tokenizer } from '../models/tokenizer.ts';
import { argmax } from './argmax.ts';
import { Decoder } from './decoder.ts';
import { logSumExp } from './log-probabilities.ts';

export interface Spoken {
  readonly text: string;
  readonly ids: readonly number[];
  readonly promptTokens: number;
  /** 0 to 1, the token that ends the answer counted too. */
  readonly confidence: number;
}

export interface SpeakOptions {
  readonly maxTokens: number;
  readonly signal?: AbortSignal;
}

export class Speaker {
  readonly #decoder: Decoder;
  readonly #tokenizer: Tokenizer;
  readonly #template: ChatTemplate;
  readonly #stops: ReadonlySet<number>;

  private constructor(decoder: Decoder, tokenizer: Tokenizer, template: ChatTemplate) {
    this.#decoder = decoder;
    this.#tokenizer = tokenizer;
    this.#template = template;
    this.#stops = new Set(tokenizer.stopIds);
  }

  /** @throws UserError template/missing for a model that does not chat, model/*, runtime/failed */
  static async open(
    folder: string,
    options: { readonly threads?: number; readonly maxLength?: number; readonly spin?: boolean },
  ): Promise<Speaker> {
    const [template, tokenizer] = [await loadChatTemplate(folder), await loadTokenizer(folder)];
    return new Speaker(await Decoder.open(await openStored(folder), options), tokenizer, template);
  }

  /** The likeliest answer, token by token. */
  async answer(messages: readonly Message[], { maxTokens, signal }: SpeakOptions): Promise<Spoken> {
    const decoder = this.#decoder;
    const prompt = this.#tokenizer.encode(this.#template.render({ messages }, { generationPrompt: true }));
    const kept = decoder.rewindTo(prompt);
    let { data } = await decoder.extend(prompt.slice(kept), undefined, signal);
    const ids: number[] = [];
    let logarithms = 0;
    const most = Math.min(maxTokens, decoder.maxLength - prompt.length);
    let counted = 0;
    while (ids.length < most) {
      const id = argmax(data as Float32Array);
      logarithms += Number(data[id]) - logSumExp(data as Float32Array);
      counted += 1;
      if (this.#stops.has(id)) break;
      ids.push(id);
      if (ids.length < most) ({ data } = await decoder.extend([id], undefined, signal));
    }
    const confidence = Math.exp(logarithms / Math.max(1, counted));
    return { text: this.#tokenizer.decode(ids), ids, promptTokens: prompt.length, confidence };
  }

  dispose(): void {
    this.#decoder.dispose();
  }
}
