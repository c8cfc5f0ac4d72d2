/** What a model writes in the place of a data set's answers, with the times it took: for scores of texts. */
import type { EncodedStore } from '../datasets/index.ts';
import { IGNORED } from '../datasets/index.ts';
import { Answerer } from '../generate/answerer.ts';
import type { Decoder } from '../generate/decoder.ts';
import { streamWritten } from '../generate/open-writer.ts';
import type { Tokenizer } from '../models/tokenizer.ts';

export interface WrittenAnswers {
  readonly answers: readonly string[];
  /** The data set's own. */
  readonly references: readonly string[];
  /** Tokens read, those written, and the seconds that either took. */
  readonly promptTokens: number;
  readonly tokens: number;
  readonly readSeconds: number;
  readonly writeSeconds: number;
}

export interface WriteOptions {
  /** At most this many examples, from the first on. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

interface Span {
  readonly begin: number;
  readonly end: number;
}

/** An answer may be so many tokens longer than the reference. */
const LONGER = 16;

/** The last answer of each example, the likeliest token each time. */
export async function writtenAnswers(
  model: Decoder | Answerer,
  tokenizer: Tokenizer,
  store: EncodedStore,
  { limit, signal, onProgress }: WriteOptions = {},
): Promise<WrittenAnswers> {
  const most = Math.min(store.count, limit ?? store.count);
  // A decoder's answer stands in the same row as its prompt.
  const fits = ({ begin, end }: Span) =>
    model instanceof Answerer ? begin <= model.model.config.maxLength : end + LONGER <= model.maxLength;
  const [answers, references]: [string[], string[]] = [[], []];
  let [promptTokens, tokens, read, write] = [0, 0, 0, 0];
  for (let i = 0; i < most; i++) {
    const { ids, labels } = store.get(i);
    const span = lastAnswer(labels);
    if (span && span.begin > 0 && fits(span)) {
      const prompt = Array.from(ids.subarray(0, span.begin));
      const options = { maxTokens: span.end - span.begin + LONGER, stopIds: tokenizer.stopIds, signal };
      const begin = performance.now();
      let first = 0;
      const written: number[] = [];
      for await (const id of streamWritten(model, prompt, options)) {
        first ||= performance.now();
        written.push(id);
      }
      const end = performance.now();
      const textOf = (of: ArrayLike<number>) => tokenizer.decode(Array.from(of), { skipSpecial: true }).trim();
      answers.push(textOf(written));
      references.push(textOf(ids.subarray(span.begin, span.end)));
      promptTokens += prompt.length;
      // The first token is part of reading the prompt, the one that ends the answer is written too.
      tokens += written.length;
      read += (first || end) - begin;
      write += first ? end - first : 0;
    }
    onProgress?.(i + 1, most);
  }
  return { answers, references, promptTokens, tokens, readSeconds: read / 1000, writeSeconds: write / 1000 };
}

/** The last run of supervised tokens. */
function lastAnswer(labels: Int32Array): Span | undefined {
  let end = labels.length;
  while (end > 0 && labels[end - 1] === IGNORED) end -= 1;
  let begin = end;
  while (begin > 0 && labels[begin - 1] !== IGNORED) begin -= 1;
  return begin < end ? { begin, end } : undefined;
}
