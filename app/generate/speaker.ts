/** A chat model that says how likely its answer is to itself. */
import { type ChatTemplate, loadChatTemplate, type Message } from '../models/chat-template.ts';
import { openStored } from '../models/stored.ts';
import { loadTokenizer, type Tokenizer } from '../models/tokenizer.ts';
import { argmax } from './argmax.ts';
import { Decoder } from './decoder.ts';
import { logSumExp } from './log-probabilities.ts';
import { roomBeside } from './room.ts';
import { Speech, type SpeechLimits } from './speech.ts';

export interface Spoken {
  readonly text: string;
  readonly ids: readonly number[];
  readonly promptTokens: number;
  /** See Speech; 0 where the context had no room for a whole answer. */
  readonly confidence: number;
}

export interface SpeakOptions extends SpeechLimits {
  readonly signal?: AbortSignal;
}

export class Speaker {
  readonly #decoder: Decoder;
  readonly #tokenizer: Tokenizer;
  readonly #template: ChatTemplate;

  /** Owns the decoder. */
  constructor(decoder: Decoder, tokenizer: Tokenizer, template: ChatTemplate) {
    this.#decoder = decoder;
    this.#tokenizer = tokenizer;
    this.#template = template;
  }

  /** @throws UserError template/missing for a model that does not chat, model/*, runtime/failed */
  static async open(
    folder: string,
    options: { readonly threads?: number; readonly maxLength?: number; readonly spin?: boolean },
  ): Promise<Speaker> {
    const [template, tokenizer] = [await loadChatTemplate(folder), await loadTokenizer(folder)];
    return new Speaker(await Decoder.open(await openStored(folder), options), tokenizer, template);
  }

  /** The likeliest answer, token by token. @throws UserError prompt/too-long */
  async answer(messages: readonly Message[], { signal, ...limits }: SpeakOptions): Promise<Spoken> {
    const decoder = this.#decoder;
    const prompt = this.#tokenizer.encode(this.#template.render({ messages }, { generationPrompt: true }));
    const room = roomBeside(prompt.length, decoder.maxLength);
    const kept = decoder.rewindTo(prompt);
    let { data } = await decoder.extend(prompt.slice(kept), undefined, signal);
    const speech = new Speech(this.#tokenizer, { ...limits, maxTokens: Math.min(limits.maxTokens, room) });
    for (;;) {
      const id = argmax(data as Float32Array);
      if (!speech.add(id, Number(data[id]) - logSumExp(data as Float32Array))) break;
      ({ data } = await decoder.extend([id], undefined, signal));
    }
    const cut = !speech.ended && room < limits.maxTokens;
    return {
      text: speech.finish(),
      ids: speech.ids,
      promptTokens: prompt.length,
      confidence: cut ? 0 : speech.confidence,
    };
  }

  dispose(): void {
    this.#decoder.dispose();
  }
}
