/** Turns text into token ids and back, exactly as the Python tokenizers library does with the same tokenizer.json. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { type AddedToken, AddedTokenSplitter, readAddedToken } from './tokenizers/added-tokens.ts';
import { toByteCharacters } from './tokenizers/byte-level.ts';
import { arrayAt, type Configuration, invalid, isObject, objectAt } from './tokenizers/configuration.ts';
import { createDecoder, type Decoder } from './tokenizers/decoders.ts';
import { createModel, type WordModel } from './tokenizers/model.ts';
import { createNormalizer, type Normalizer } from './tokenizers/normalizers.ts';
import { createPostProcessor, type Encoding, joinOnly, type PostProcessor } from './tokenizers/post-processors.ts';
import { createPreTokenizer, type PreTokenization } from './tokenizers/pre-tokenizers.ts';

/** Words longer than this are rare enough not to be remembered. */
const LONGEST_CACHED_WORD = 64;
/** About 20 MB when full; then the cache starts afresh. */
const CACHED_WORDS = 100_000;

const LONE_SURROGATE = /\p{Surrogate}/gu;

/** The other files of the model folder that say something about tokens; all may be missing. */
export interface TokenizerSurroundings {
  readonly tokenizerConfig?: Configuration;
  readonly config?: Configuration;
  readonly generationConfig?: Configuration;
}

export class Tokenizer {
  /** SHA-256 of tokenizer.json, in hexadecimal. */
  readonly hash: string;
  /** One more than the largest id, added tokens included. */
  readonly vocabularySize: number;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  readonly padId: number | undefined;
  readonly unknownId: number | undefined;
  /** Every id after which generation ends (a model may have several). */
  readonly stopIds: readonly number[];
  readonly specialIds: ReadonlySet<number>;
  /** Text is encoded as though a space came before it, so the tokens of two parts are not those of the whole. */
  readonly addsSpace: boolean;
  readonly #normalizer: Normalizer | undefined;
  readonly #preTokenization: PreTokenization;
  readonly #model: WordModel;
  readonly #postProcessor: PostProcessor;
  readonly #decoder: Decoder;
  readonly #plain: AddedTokenSplitter;
  readonly #normalized: AddedTokenSplitter;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #tokens: readonly (string | undefined)[];
  readonly #words = new Map<string, number | readonly number[]>();

  /**
   * `json`: the parsed tokenizer.json; `hash`: that of its bytes.
   * @throws UserError tokenizer/invalid
   */
  constructor(json: Configuration, hash: string, surroundings: TokenizerSurroundings = {}) {
    this.hash = hash;
    this.#normalizer = createNormalizer(json.normalizer);
    this.#preTokenization = createPreTokenizer(json.pre_tokenizer);
    this.#model = createModel(json.model);
    this.#postProcessor = createPostProcessor(json.post_processor);
    this.#decoder = createDecoder(json.decoder);
    const added = arrayAt(json.added_tokens ?? [], 'added_tokens').map(readAddedToken);
    this.#plain = new AddedTokenSplitter(new Map(added.filter((t) => !t.normalized).map((t) => [t.content, t])));
    this.#normalized = new AddedTokenSplitter(this.#normalizedContents(added));
    const ids = new Map(this.#model.vocabulary);
    for (const token of added) ids.set(token.content, token.id);
    const tokens: (string | undefined)[] = [];
    for (const [token, id] of this.#model.vocabulary) tokens[id] = token;
    for (const token of added) tokens[token.id] = token.content;
    this.#ids = ids;
    this.#tokens = tokens;
    this.vocabularySize = tokens.length;
    this.specialIds = new Set(added.filter((token) => token.special).map((token) => token.id));
    this.unknownId = this.#model.unknownId;
    this.addsSpace = this.#findsSpaceAdded();
    this.bosId = this.#namedId('bos', surroundings);
    this.eosId = this.#namedId('eos', surroundings);
    this.padId = this.#namedId('pad', surroundings);
    this.stopIds = this.#readStopIds(surroundings);
  }

  /** Ids of `text`; special tokens written in it are recognised. `special`: also add those the model expects around it. */
  encode(text: string, options: { readonly special?: boolean } = {}): number[] {
    const ids = this.#encodeText(text);
    return options.special ? [...this.#postProcessor(ids, undefined).ids] : ids;
  }

  /** Ids of two texts, as for sentence pairs. */
  encodePair(first: string, second: string, options: { readonly special?: boolean } = {}): Encoding {
    const process = (options.special ?? true) ? this.#postProcessor : joinOnly;
    return process(this.#encodeText(first), this.#encodeText(second));
  }

  /** Text of `ids`; ids outside the vocabulary are left out. */
  decode(ids: Iterable<number | bigint>, options: { readonly skipSpecial?: boolean } = {}): string {
    const tokens: string[] = [];
    for (const value of ids) {
      const id = Number(value);
      const token = this.#tokens[id];
      if (token !== undefined && !(options.skipSpecial && this.specialIds.has(id))) tokens.push(token);
    }
    return this.#decoder(tokens);
  }

  tokenToId(token: string): number | undefined {
    return this.#ids.get(token);
  }

  /** The token as it stands in the vocabulary (byte-level tokens in their printable alphabet). */
  idToToken(id: number): string | undefined {
    return this.#tokens[id];
  }

  #encodeText(text: string): number[] {
    // A lone surrogate has no UTF-8 form: the replacement character is what any file would hold in its place.
    const wellFormed = text.replace(LONE_SURROGATE, '\uFFFD');
    const ids: number[] = [];
    for (const section of this.#plain.split(wellFormed)) {
      if (section.token) {
        ids.push(section.token.id);
        continue;
      }
      const normalized = this.#normalizer ? this.#normalizer(section.text) : section.text;
      for (const part of this.#normalized.split(normalized)) {
        if (part.token) ids.push(part.token.id);
        else this.#encodeWords(part.text, section.start + part.start === 0, ids);
      }
    }
    return ids;
  }

  #encodeWords(text: string, atStart: boolean, ids: number[]): void {
    const words = this.#words;
    for (const word of this.#preTokenization.split(text, atStart)) {
      let found = words.get(word);
      if (found === undefined) {
        const target: number[] = [];
        this.#model.encode(this.#preTokenization.bytes ? toByteCharacters(word) : word, target);
        found = target.length === 1 ? target[0] : target;
        if (word.length <= LONGEST_CACHED_WORD) {
          if (words.size >= CACHED_WORDS) words.clear();
          words.set(word, found);
        }
      }
      if (typeof found === 'number') ids.push(found);
      else for (const id of found) ids.push(id);
    }
  }

  /** Asks the steps themselves instead of their settings, of which there are several. */
  #findsSpaceAdded(): boolean {
    const words = (text: string): string[] =>
      this.#preTokenization.split(this.#normalizer ? this.#normalizer(text) : text, true);
    return words('a').join('') !== 'a';
  }

  #normalizedContents(added: readonly AddedToken[]): Map<string, AddedToken> {
    const contents = new Map<string, AddedToken>();
    for (const token of added)
      if (token.normalized) contents.set(this.#normalizer?.(token.content) ?? token.content, token);
    return contents;
  }

  #namedId(
    name: 'bos' | 'eos' | 'pad',
    { tokenizerConfig, config, generationConfig }: TokenizerSurroundings,
  ): number | undefined {
    const named = tokenText(tokenizerConfig?.[`${name}_token`]);
    const id = named === undefined ? undefined : this.#ids.get(named);
    if (id !== undefined) return id;
    for (const source of [config, generationConfig]) {
      const value = source?.[`${name}_token_id`];
      const first: unknown = Array.isArray(value) ? value[0] : value;
      if (typeof first === 'number' && Number.isInteger(first) && first >= 0) return first;
    }
    return undefined;
  }

  #readStopIds({ config, generationConfig }: TokenizerSurroundings): number[] {
    const listed = [generationConfig?.eos_token_id ?? config?.eos_token_id, this.eosId].flat();
    const ids = listed.filter((id): id is number => typeof id === 'number' && Number.isInteger(id) && id >= 0);
    return [...new Set(ids)];
  }
}

/** A token in tokenizer_config.json is a text, or an object that holds one. */
export function tokenText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return isObject(value) && typeof value.content === 'string' ? value.content : undefined;
}

/**
 * Reads the tokenizer of a Hugging Face folder.
 * @throws UserError tokenizer/missing, tokenizer/invalid
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const bytes = await readOptional(join(folder, 'tokenizer.json'));
  if (!bytes) throw new UserError('tokenizer/missing', `${folder} has no tokenizer.json`);
  const [tokenizerConfig, config, generationConfig] = await Promise.all(
    ['tokenizer_config.json', 'config.json', 'generation_config.json'].map((name) => readObject(join(folder, name))),
  );
  const json = objectAt(parse(bytes, 'tokenizer.json'), 'the file');
  try {
    const hash = createHash('sha256').update(bytes).digest('hex');
    return new Tokenizer(json, hash, { tokenizerConfig, config, generationConfig });
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw invalid(error instanceof Error ? error.message : String(error), error);
  }
}

async function readObject(file: string): Promise<Configuration | undefined> {
  const bytes = await readOptional(file);
  if (!bytes) return undefined;
  const value = parse(bytes, file);
  if (!isObject(value)) throw new UserError('tokenizer/invalid', `${file} does not hold an object`);
  return value;
}

async function readOptional(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new UserError('file/not-allowed', `${file} cannot be read`, { cause: error });
  }
}

function parse(bytes: Buffer, file: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new UserError('tokenizer/invalid', `${file} is not valid JSON`, { cause });
  }
}
