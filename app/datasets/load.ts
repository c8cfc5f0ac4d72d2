/** Reads and encodes a whole data set for training a language model. */
import type { ChatTemplate } from '../models/chat-template.ts';
import type { Tokenizer } from '../models/tokenizer.ts';
import { assertTrainable, ProblemList } from './check.ts';
import { type EncodeOptions, ExampleEncoder } from './encode.ts';
import { encodePreference } from './encode-preference.ts';
import { encodeSides } from './encode-sides.ts';
import { openExamples, problemOf, type ReadOptions } from './examples.ts';
import { isHeldOut } from './split.ts';
import { EncodedStore, StreamCutter } from './store.ts';
import type { RowProblem } from './types.ts';

export interface LoadOptions extends ReadOptions, EncodeOptions {
  /** Most tokens of an example or, for plain text, of a piece of the stream. */
  readonly maxLength: number;
  /** Each row is an input and an answer, for a model with an encoder and a decoder. */
  readonly sides?: boolean;
  /** Each row is a pair of examples: a chosen answer and the one that was rejected for it, see `encodePreference`. */
  readonly pairs?: boolean;
  /** Share of the rows (0 to 1) kept apart for evaluation; default 0. */
  readonly heldOut?: number;
  /** For the held-out part. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (rows: number) => void;
}

export interface EncodedDataset {
  readonly format: string;
  readonly rows: number;
  readonly usableRows: number;
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
  readonly train: EncodedStore;
  readonly heldOut: EncodedStore;
}

/**
 * Rows that cannot be used are left out and reported. Plain text becomes one stream cut into pieces of `maxLength`.
 * @throws UserError dataset/no-answers when nothing is left, and whatever reading gives
 */
export async function loadDataset(
  path: string,
  tokenizer: Tokenizer,
  template: ChatTemplate | undefined,
  options: LoadOptions,
): Promise<EncodedDataset> {
  const reader = await openExamples(path, options);
  const encoder = new ExampleEncoder(tokenizer, template, {
    ...options,
    maxLength: options.maxLength,
    // What was said before is part of the prompt, also where it was an answer.
    ...(options.pairs ? { loss: 'last-answer' } : {}),
  });
  const train = new EncodedStore();
  const heldOut = new EncodedStore();
  const cutters = new Map([train, heldOut].map((store) => [store, new StreamCutter(store, options.maxLength)]));
  const problems = new ProblemList();
  let rows = 0;
  let usableRows = 0;
  const share = options.heldOut ?? 0;
  const cut = { code: 'row/truncated', message: `longer than ${options.maxLength} tokens` } as const;
  let continued = false;
  for await (const batch of reader.rows) {
    options.signal?.throwIfAborted();
    for (const { row, file, example, problem } of batch) {
      rows += 1;
      if (!example) {
        problems.add(problem!);
        continue;
      }
      const place = file === undefined ? { row } : { row, file };
      try {
        const apart = share > 0 && isHeldOut(example, share, options.seed ?? 0);
        const store = apart ? heldOut : train;
        if (options.pairs) {
          const sides = encodePreference(example, encoder);
          for (const { ids, labels } of sides) store.add(ids, labels);
          if (sides.some(({ truncated }) => truncated)) problems.add({ ...place, ...cut });
        } else if (example.kind === 'text' && !options.sides) {
          const cutter = cutters.get(store)!;
          // Another document begins an example of its own, which packing keeps apart from its neighbours in a row.
          if (!continued) cutter.finish();
          cutter.add(encoder.encodeText(example, continued));
          continued = example.continues === true;
        } else {
          const { ids, labels, truncated } = options.sides
            ? encodeSides(example, tokenizer, options.maxLength)
            : encoder.encode(example);
          store.add(ids, labels);
          if (truncated) problems.add({ ...place, ...cut });
        }
        usableRows += 1;
      } catch (error) {
        problems.add({ ...place, ...problemOf(error) });
      }
    }
    options.onProgress?.(rows);
  }
  for (const cutter of cutters.values()) cutter.finish();
  const report = { format: reader.format, rows, usableRows, problems: problems.first, problemCount: problems.count };
  assertTrainable({ ...report, usableRows: train.supervised > 0 ? usableRows : 0 }, path);
  return { ...report, train, heldOut };
}
