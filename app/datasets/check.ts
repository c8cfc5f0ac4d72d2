/** Looks through a whole data set without training on it: format, usable rows, duplicates, problems, token counts. */
import { extname } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { findChatTemplate } from '../models/chat-template.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import { type EncodeOptions, ExampleEncoder, IGNORED } from './encode.ts';
import { encodePreference } from './encode-preference.ts';
import { openExamples, problemOf, type ReadOptions } from './examples.ts';
import { TOKENS_FORMAT } from './formats/index.ts';
import { hashText } from './hash.ts';
import { TokenCounter, type TokenStatistics } from './statistics.ts';
import { TokensFile } from './tokens-file.ts';
import type { RowProblem } from './types.ts';

export interface CheckOptions extends ReadOptions, EncodeOptions {
  /** A model folder: its tokenizer and chat template give the token counts. */
  readonly model?: string;
  /** Rows seen so far, now and then. */
  readonly onProgress?: (rows: number) => void;
}

export interface DatasetReport {
  readonly format: string;
  readonly rows: number;
  /** Rows that can be learnt from. */
  readonly usableRows: number;
  /** Rows whose content stood before. */
  readonly duplicates: number;
  /** The first of them; `problemCount` says how many there are. */
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
  readonly tokens?: TokenStatistics;
}

/** A report nobody can read helps nobody. */
const MOST_PROBLEMS = 1000;

/** Collects problems up to a limit and counts them all. */
export class ProblemList {
  readonly first: RowProblem[] = [];
  count = 0;

  add(problem: RowProblem): void {
    this.count += 1;
    if (this.first.length < MOST_PROBLEMS) this.first.push(problem);
  }
}

/** @throws UserError dataset/*, tokenizer/*, file/* */
export async function checkDataset(path: string, options: CheckOptions = {}): Promise<DatasetReport> {
  if (isTokensFile(path, options.format)) return await checkTokens(path);
  const reader = await openExamples(path, options);
  const encoder = options.model === undefined ? undefined : await encoderFor(options.model, options);
  const counter = new TokenCounter();
  const problems = new ProblemList();
  const cut = { code: 'row/truncated', message: `longer than ${options.maxLength} tokens` } as const;
  const seen = new Set<number>();
  let rows = 0;
  let usableRows = 0;
  let duplicates = 0;
  let continued = false;
  for await (const batch of reader.rows) {
    for (const { row, file, example, problem } of batch) {
      rows += 1;
      if (!example) {
        problems.add(problem!);
        continue;
      }
      const hash = hashText(JSON.stringify(example));
      if (seen.has(hash)) duplicates += 1;
      else seen.add(hash);
      const place = file === undefined ? { row } : { row, file };
      try {
        if (encoder && example.kind === 'text') {
          const { length } = encoder.encodeText(example, continued);
          counter.add(length, continued ? length : Math.max(0, length - 1));
        } else if (encoder && example.kind === 'preference') {
          const sides = encodePreference(example, encoder);
          for (const { ids, labels } of sides) counter.add(ids.length, supervisedCount(labels));
          if (sides.some(({ truncated }) => truncated)) problems.add({ ...place, ...cut });
        } else if (encoder) {
          const { ids, labels, truncated } = encoder.encode(example);
          counter.add(ids.length, supervisedCount(labels));
          if (truncated) problems.add({ ...place, ...cut });
        }
        continued = example.kind === 'text' && example.continues === true;
        usableRows += 1;
      } catch (error) {
        problems.add({ ...place, ...problemOf(error) });
      }
    }
    options.onProgress?.(rows);
  }
  const tokens = encoder ? { tokens: counter.summary() } : {};
  return {
    format: reader.format,
    rows,
    usableRows,
    duplicates,
    problems: problems.first,
    problemCount: problems.count,
    ...tokens,
  };
}

/** @throws UserError tokenizer/missing, tokenizer/invalid */
export async function encoderFor(model: string, options: EncodeOptions): Promise<ExampleEncoder> {
  return new ExampleEncoder(await loadTokenizer(model), await findChatTemplate(model), options);
}

/** Positions that are predicted and learnt: an example's first token is never predicted. */
export function supervisedCount(labels: Int32Array): number {
  let count = 0;
  for (let i = 1; i < labels.length; i += 1) if (labels[i] !== IGNORED) count += 1;
  return count;
}

export function isTokensFile(path: string, format?: string): boolean {
  return format === TOKENS_FORMAT || extname(path).toLowerCase() === '.safetensors';
}

async function checkTokens(path: string): Promise<DatasetReport> {
  const file = await TokensFile.open(path);
  const counter = new TokenCounter();
  const problems = new ProblemList();
  const seen = new Set<number>();
  let duplicates = 0;
  let usableRows = 0;
  for (let step = 0; step < file.steps; step += 1) {
    const { ids, labels, attentionMask } = await file.step(step);
    for (let b = 0; b < file.batch; b += 1) {
      const part = (values: Int32Array): Int32Array => values.subarray(b * file.length, (b + 1) * file.length);
      const length = attentionMask ? part(attentionMask).reduce((sum, v) => sum + (v === 0 ? 0 : 1), 0) : file.length;
      const supervised = file.labelled === 'tokens' ? supervisedCount(part(labels)) : labels[b] === IGNORED ? 0 : 1;
      counter.add(length, supervised);
      const hash = hashText(`${part(ids).join()}|${file.labelled === 'tokens' ? part(labels).join() : labels[b]}`);
      if (seen.has(hash)) duplicates += 1;
      seen.add(hash);
      if (supervised > 0) usableRows += 1;
      else problems.add({ row: step * file.batch + b + 1, code: 'row/no-answer', message: 'no label to learn from' });
    }
  }
  const rows = file.steps * file.batch;
  return {
    format: TOKENS_FORMAT,
    rows,
    usableRows,
    duplicates,
    problems: problems.first,
    problemCount: problems.count,
    tokens: counter.summary(),
  };
}

/**
 * Refuses a data set without anything to learn.
 * @throws UserError dataset/no-answers
 */
export function assertTrainable(report: Pick<DatasetReport, 'rows' | 'usableRows' | 'problems'>, path: string): void {
  if (report.usableRows > 0) return;
  const first = report.problems[0];
  const example = first ? ` (row ${first.row}: ${first.message})` : '';
  throw new UserError(
    'dataset/no-answers',
    `none of the ${report.rows} rows of ${path} has anything to learn from${example}`,
  );
}
