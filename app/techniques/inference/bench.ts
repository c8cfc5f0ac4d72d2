/** Keeps the ways of running a model open that memory has room for, and measures them in whatever order it is asked. */
import { freemem } from 'node:os';
import { UserError } from '../../contract/errors.ts';
import { divergence } from '../../evaluate/perplexity.ts';
import { Decoder } from '../../generate/decoder.ts';
import { modelSize } from '../../models/size.ts';
import { openStored } from '../../models/stored.ts';
import { OpenedOnce } from '../../runtime/opened-once.ts';
import { type Candidate, DEFAULT, type Format, keyOf } from './candidates.ts';
import { openAnswering, openBatch, type Runner } from './runner.ts';

export interface Sameness {
  /** From the model as it is run by default, mean over a sample text, nats a token. */
  readonly divergence: number;
  /** Share of tokens at which the likeliest is the same. */
  readonly topAgreement: number;
}

export interface BenchOptions {
  readonly folders: ReadonlyMap<Format, string>;
  /** A text in the model's tokens, which tells how much answers differ. */
  readonly text: readonly number[];
  /** What answers begin with; default: the beginning of the text. */
  readonly prompt?: readonly number[];
  /** Sets the scales of an int8 cache and of prompts in int8; default: the sample that comes with Lathe. */
  readonly sample?: readonly number[];
  readonly signal?: AbortSignal;
}

/** Tokens of a prompt where nothing else is asked for. */
export const PROMPT = 64;
/** Of the free memory, and what a session takes beside its weights. */
const SHARE = 0.5;
const BESIDE = 60e6;
const MOST_OPEN = 24;

export class Bench {
  readonly #options: BenchOptions;
  readonly #most: number;
  readonly #open = new Map<string, Runner>();
  readonly #sameness = new Map<string, Sameness>();
  /** What the others' answers are compared with. */
  readonly #reference = new OpenedOnce<Decoder>();

  private constructor(options: BenchOptions, most: number) {
    this.#options = options;
    this.#most = most;
  }

  static async open(options: BenchOptions): Promise<Bench> {
    const bytes = await modelSize(options.folders.get(DEFAULT.format)!);
    const room = Math.floor((SHARE * freemem()) / (2 * bytes + BESIDE));
    return new Bench(options, Math.max(2, Math.min(MOST_OPEN, room)));
  }

  /** @returns milliseconds a token; undefined where the runtime refuses this way */
  async measure(candidate: Candidate, kind: 'answer' | 'batch'): Promise<number | undefined> {
    try {
      return await (await this.#runner(candidate, kind)).measure(candidate);
    } catch (error) {
      if (error instanceof UserError && REFUSALS.includes(error.code)) return undefined;
      throw error;
    }
  }

  async #runner(candidate: Candidate, kind: 'answer' | 'batch'): Promise<Runner> {
    const { speculate, batch, ...session } = candidate;
    const key = kind + keyOf(kind === 'batch' ? { ...session, batch } : session);
    let runner = this.#open.get(key);
    if (runner) {
      // The last used comes last, the first goes first.
      this.#open.delete(key);
    } else {
      while (this.#open.size >= this.#most) this.#close(this.#open.keys().next().value as string);
      const { folders, text, prompt = text.slice(0, PROMPT), sample } = this.#options;
      const folder = folders.get(candidate.format)!;
      runner =
        kind === 'batch'
          ? await openBatch(folder, prompt, candidate, sample)
          : await openAnswering(folder, prompt, candidate, sample);
      await runner.measure(candidate);
    }
    this.#open.set(key, runner);
    return runner;
  }

  #close(key: string): void {
    this.#open.get(key)?.dispose();
    this.#open.delete(key);
  }

  /** How far answers differ from those of the default; drafts and batches do not change them. */
  async sameness(candidate: Candidate): Promise<Sameness> {
    const { speculate: _, batch: __, ...session } = candidate;
    const known = this.#sameness.get(keyOf(session));
    if (known) return known;
    const { text, signal } = this.#options;
    const reference = await this.#reference.get(() => this.#reader(DEFAULT));
    // Opened for its text: the runners have room for an answer only.
    const other = await this.#reader(session);
    try {
      const options = { context: text.length, stride: text.length, signal };
      const { klDivergence, topAgreement } = await divergence(other, reference, text, options);
      const found = { divergence: Math.max(0, klDivergence.mean), topAgreement };
      this.#sameness.set(keyOf(session), found);
      return found;
    } finally {
      other.dispose();
    }
  }

  async #reader(candidate: Candidate): Promise<Decoder> {
    const { folders, text, sample } = this.#options;
    const stored = await openStored(folders.get(candidate.format)!);
    return Decoder.open(stored, { ...candidate, sample, maxLength: text.length });
  }

  dispose(): void {
    for (const key of [...this.#open.keys()]) this.#close(key);
    void this.#reference.current().then((reference) => reference?.dispose());
  }
}

const REFUSALS: readonly string[] = [
  'runtime/failed',
  'arguments/incompatible',
  'device/differs',
  'device/unavailable',
];
