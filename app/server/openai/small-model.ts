/** The small model of a cascade behind a server, in a batch of its own: it is asked first, and what it is sure of is the answer. */
import { join } from 'node:path';
import { Batch, type BatchLimits } from '../../generate/batch/batch.ts';
import { BatchDecoder } from '../../generate/batch/batch-decoder.ts';
import type { BatchRequest, BatchRun, BatchToken } from '../../generate/batch/sequence.ts';
import { type CascadeNote, limitOf } from '../../generate/cascade-text.ts';
import { sequenceLimit } from '../../generate/decoding-session.ts';
import { bytesPerToken } from '../../generate/key-value-cache.ts';
import { Speech } from '../../generate/speech.ts';
import { NEVER, SMALL_FOLDER } from '../../models/adaptive-note.ts';
import { type ChatTemplate, loadChatTemplate, type Message } from '../../models/chat-template.ts';
import { openStored } from '../../models/stored.ts';
import { loadTokenizer, type Tokenizer } from '../../models/tokenizer.ts';

export interface SmallModelOptions extends BatchLimits {
  readonly threads?: number;
  readonly context?: number;
  /** Sequences that there is memory for. */
  readonly lanesFor: (laneBytes: number) => number;
}

/** What it is sure of. */
export interface SmallAnswer {
  readonly run: BatchRun;
  readonly tokenizer: Tokenizer;
  readonly promptTokens: number;
}

export class SmallModel {
  readonly note: CascadeNote;
  readonly batch: Batch;
  readonly #tokenizer: Tokenizer;
  readonly #template: ChatTemplate;

  private constructor(note: CascadeNote, batch: Batch, tokenizer: Tokenizer, template: ChatTemplate) {
    this.note = note;
    this.batch = batch;
    this.#tokenizer = tokenizer;
    this.#template = template;
  }

  /** @param large folder of the cascade @throws UserError model/*, template/missing, runtime/failed, server/will-not-fit */
  static async open(large: string, note: CascadeNote, options: SmallModelOptions): Promise<SmallModel> {
    const folder = join(large, SMALL_FOLDER);
    const [stored, tokenizer, template] = await Promise.all([
      openStored(folder),
      loadTokenizer(folder),
      loadChatTemplate(folder),
    ]);
    const { threads, context, lanesFor, concurrency, queue } = options;
    const maxLength = sequenceLimit(stored, context);
    const lanes = lanesFor(maxLength * bytesPerToken(stored));
    const decoder = await BatchDecoder.open(stored, { threads, maxLength, lanes });
    return new SmallModel(note, new Batch(decoder, { concurrency, queue }), tokenizer, template);
  }

  /**
   * @param request what is asked of the large model: greedy, and in no form; @param dial see `limitOf`
   * @returns undefined where it is not sure enough
   * @throws UserError server/busy
   */
  async answer(
    messages: readonly Message[],
    request: BatchRequest & { readonly stop: readonly string[] },
    dial?: number,
  ): Promise<SmallAnswer | undefined> {
    const limit = limitOf(this.note, dial);
    const prompt = this.#tokenizer.encode(this.#template.render({ messages }, { generationPrompt: true }));
    const room = this.batch.decoder.maxLength - prompt.length;
    if (limit >= NEVER || room < 1) return undefined;
    const maxTokens = Math.min(request.maxTokens, room);
    const speech = new Speech(this.#tokenizer, { maxTokens, stop: request.stop });
    // The token that ends an answer is needed too, for its probability.
    const run = this.batch.submit({ ...request, prompt, maxTokens: maxTokens + 1, stopIds: [], logProbabilities: 0 });
    for await (const { id, probabilities } of run.tokens) {
      if (!speech.add(id, probabilities!.logProbability)) break;
    }
    if ((!speech.ended && room < request.maxTokens) || speech.confidence <= limit) return undefined;
    const finishReason = speech.ended ? 'stop' : 'length';
    return {
      run: { tokens: tokensOf(speech.ids), finishReason, cachedTokens: run.cachedTokens },
      tokenizer: this.#tokenizer,
      promptTokens: prompt.length,
    };
  }
}

async function* tokensOf(ids: readonly number[]): AsyncGenerator<BatchToken, void> {
  for (const id of ids) yield { id };
}
