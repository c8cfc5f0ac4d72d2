/** The model that a server answers with: its names, its tokenizer and template, the batch it runs in. */
import { freemem } from 'node:os';
import { basename } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { AdaptiveQueue } from '../../generate/adaptive-queue.ts';
import { type DecoderNote, openAdaptiveDecoder } from '../../generate/adaptive-text.ts';
import { Batch } from '../../generate/batch/batch.ts';
import { BatchDecoder } from '../../generate/batch/batch-decoder.ts';
import type { Grammar } from '../../generate/constrain/expression.ts';
import { TokenGrammar, TokenTrie } from '../../generate/constrain/token-constraint.ts';
import { sequenceLimit } from '../../generate/decoding-session.ts';
import { Embedder, type Pooling } from '../../generate/embedder.ts';
import { bytesPerToken } from '../../generate/key-value-cache.ts';
import { readAdaptiveNote } from '../../models/adaptive-note.ts';
import { type ChatTemplate, findChatTemplate } from '../../models/chat-template.ts';
import type { RunSettings } from '../../models/run-profile.ts';
import { openStored } from '../../models/stored.ts';
import { tokenBytes } from '../../models/token-bytes.ts';
import { loadTokenizer, type Tokenizer } from '../../models/tokenizer.ts';
import { OpenedOnce } from '../../runtime/opened-once.ts';
import { ApiError, blaming } from './api-error.ts';
import { SmallModel } from './small-model.ts';

export interface ServedModelOptions {
  /** What clients call it. */
  readonly name?: string;
  readonly threads?: number;
  /** How the model runs best; its cache of keys and values is always float32 here. */
  readonly settings?: RunSettings;
  readonly context?: number;
  readonly concurrency: number;
  readonly queue: number;
  readonly pooling?: Pooling;
  /** Check drafts where one request is answered alone; default as the settings say, where that changes nothing. */
  readonly speculate?: boolean;
}

/** An adaptive decoder, which answers one request after the other. */
export interface StoppingModel {
  readonly note: DecoderNote;
  readonly queue: AdaptiveQueue;
}

/** Sequences beside the running ones whose beginnings stay in the cache. */
const KEPT_LANES = 4;
const KEPT_GRAMMARS = 16;
/** Characters that a tokenizer may leave out or join, for each that it keeps: blanks, for instance. */
const NORMALIZED = 4;
/** Of the free memory. */
const CACHE_SHARE = 0.75;

/**
 * The cache takes memory only as far as it is filled, but it may be filled.
 * @throws UserError memory/will-not-fit
 */
function lanesFor(concurrency: number, laneBytes: number): number {
  const free = freemem();
  const fitting = Math.floor((free * CACHE_SHARE) / laneBytes);
  if (fitting >= concurrency) return Math.min(concurrency + KEPT_LANES, fitting);
  const size = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  const text = `${concurrency} requests of the whole context need ${size(concurrency * laneBytes)} of the ${size(free)} that are free`;
  throw new UserError('server/will-not-fit', text);
}

export class ServedModel {
  readonly id: string;
  readonly created = Math.floor(Date.now() / 1000);
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | undefined;
  /** Undefined for an encoder. */
  readonly batch: Batch | undefined;
  readonly embedder: Embedder;
  /** Of a cascade: asked first where an answer is not drawn. */
  readonly small: SmallModel | undefined;
  readonly bytesOf: (id: number) => Uint8Array;
  readonly speculates: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #grammars = new Map<string, TokenGrammar>();
  readonly #openExits: (() => Promise<StoppingModel>) | undefined;
  /** Opened when a request first asks for it: it takes the weights' memory once more. */
  readonly #exits = new OpenedOnce<StoppingModel>();
  #trie: TokenTrie | undefined;
  /** Characters of the longest token. */
  #longest: number | undefined;

  private constructor(
    names: readonly string[],
    tokenizer: Tokenizer,
    template: ChatTemplate | undefined,
    batch: Batch | undefined,
    embedder: Embedder,
    speculates = false,
    openExits?: () => Promise<StoppingModel>,
    small?: SmallModel,
  ) {
    this.small = small;
    this.speculates = speculates;
    this.#openExits = openExits;
    this.id = names[0];
    this.#names = new Set(names);
    this.tokenizer = tokenizer;
    this.template = template;
    this.batch = batch;
    this.embedder = embedder;
    this.bytesOf = tokenBytes(tokenizer);
  }

  /**
   * @param reference how the user called it; @param path where it lies
   * @throws UserError arguments/incompatible for an encoder-decoder, memory/will-not-fit
   */
  static async open(reference: string, path: string, options: ServedModelOptions): Promise<ServedModel> {
    const [stored, tokenizer, template] = await Promise.all([
      openStored(path),
      loadTokenizer(path),
      findChatTemplate(path),
    ]);
    const { kind, name } = stored.architecture;
    if (kind === 'encoder-decoder') {
      throw new UserError('arguments/incompatible', `${name} has an encoder and a decoder: it cannot be served`);
    }
    const { context, concurrency, queue, pooling } = options;
    const { cacheType: _, ...settings } = options.settings ?? {};
    const threads = options.threads ?? settings.threads;
    const names = [
      ...new Set([
        ...(options.name ? [options.name] : []),
        basename(path) === 'model' ? reference : basename(path),
        reference,
        path,
      ]),
    ];
    const embedder = new Embedder(stored, { threads, pooling });
    if (kind === 'encoder') return new ServedModel(names, tokenizer, template, undefined, embedder);
    const maxLength = sequenceLimit(stored, context);
    const lanes = lanesFor(concurrency, maxLength * bytesPerToken(stored));
    const decoder = await BatchDecoder.open(stored, { ...settings, threads, maxLength, lanes });
    const wanted = options.speculate ?? settings.speculate ?? false;
    const speculates = wanted && (await decoder.checksExactly());
    if (options.speculate && !speculates) {
      decoder.dispose();
      throw new UserError(
        'arguments/incompatible',
        'drafts could change the answers of this model, which rounds its activations',
      );
    }
    const batch = new Batch(decoder, { concurrency, queue });
    const note = await readAdaptiveNote(path);
    let small: SmallModel | undefined;
    if (note?.kind === 'chat-cascade') {
      const asked = { threads, context, concurrency, queue };
      const laneCount = (laneBytes: number) => lanesFor(concurrency, laneBytes);
      small = await SmallModel.open(path, note, { ...asked, lanesFor: laneCount });
    }
    const openExits =
      note?.kind === 'decoder'
        ? async () => ({
            note,
            queue: new AdaptiveQueue(
              await openAdaptiveDecoder(stored, note, { threads, maxLength }),
              concurrency + queue,
            ),
          })
        : undefined;
    return new ServedModel(names, tokenizer, template, batch, embedder, speculates, openExits, small);
  }

  /** @throws ApiError for another model's name */
  assertNamed(name: string): void {
    if (this.#names.has(name)) return;
    throw new ApiError(404, 'model_not_found', `there is no model "${name}" here, only "${this.id}"`, 'model');
  }

  /** The tokens of a grammar, remembered by its source: programs ask for the same form again and again. */
  grammar(source: string, read: () => Grammar): TokenGrammar {
    const known = this.#grammars.get(source);
    if (known) return known;
    this.#trie ??= new TokenTrie(this.tokenizer.vocabularySize, this.bytesOf);
    const made = new TokenGrammar(read(), this.#trie, this.tokenizer.stopIds);
    if (this.#grammars.size >= KEPT_GRAMMARS) this.#grammars.delete(this.#grammars.keys().next().value as string);
    this.#grammars.set(source, made);
    return made;
  }

  /**
   * The tokens of a text, or those given.
   * @param field of the request that it stands in; @param most tokens that fit
   * @throws ApiError for an id that is no token, no token at all, or too many
   */
  tokensOf(
    input: string | readonly number[],
    { field, most, special = true }: { readonly field: string; readonly most: number; readonly special?: boolean },
  ): readonly number[] {
    const tooLong = (what: string) =>
      blaming(field, new UserError('prompt/too-long', `${field}: ${what}, but only ${most} tokens fit`));
    // Splitting megabytes that cannot fit would keep everybody else waiting.
    if (typeof input === 'string' && input.length > most * this.#longestToken() * NORMALIZED) {
      throw tooLong(`${input.length} characters`);
    }
    const ids = typeof input === 'string' ? this.tokenizer.encode(input, { special }) : input;
    const wrong = ids.find((id) => this.tokenizer.idToToken(id) === undefined);
    if (wrong !== undefined) throw new ApiError(400, 'invalid_value', `${wrong} is not the id of a token`, field);
    if (ids.length === 0) throw new ApiError(400, 'invalid_value', `${field}: there is no token`, field);
    if (ids.length > most) throw tooLong(`${ids.length} tokens`);
    return ids;
  }

  #longestToken(): number {
    this.#longest ??= Array.from({ length: this.tokenizer.vocabularySize }, (_, id) => id).reduce(
      (longest, id) => Math.max(longest, this.tokenizer.idToToken(id)?.length ?? 0),
      1,
    );
    return this.#longest;
  }

  /** @throws ApiError for an encoder */
  get generating(): Batch {
    if (this.batch) return this.batch;
    throw new ApiError(400, 'model_makes_no_text', `${this.id} is an encoder: it gives embeddings only`, 'model');
  }

  /** @throws ApiError for a model without exits */
  async stopping(): Promise<StoppingModel> {
    if (this.#openExits) return this.#exits.get(this.#openExits);
    const why = this.small
      ? 'is a cascade, which answers chats without tools'
      : 'has no exits: lathe adapt gives it some';
    throw new ApiError(400, 'invalid_value', `${this.id} ${why}`, 'threshold');
  }

  async close(): Promise<void> {
    const stopping = new ApiError(503, 'server_stopping', 'the server is stopping');
    await Promise.all([this.batch?.close(stopping), this.small?.batch.close(stopping)]);
    this.embedder.dispose();
    (await this.#exits.current())?.queue.dispose();
  }
}
