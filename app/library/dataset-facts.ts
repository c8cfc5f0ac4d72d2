/** What is read of a data set when it is added, and the whole report on it. */
import { stat } from 'node:fs/promises';
import type { DatasetCheck } from '../contract/datasets.ts';
import { UserError } from '../contract/errors.ts';
import type { Failure } from '../contract/shared.ts';
import { checkDataset, isTokensFile, openExamples, TOKENS_FORMAT } from '../datasets/index.ts';
import { dataFiles, readRows } from '../datasets/readers/index.ts';

export interface DatasetFacts {
  readonly format?: string;
  readonly columns: string[];
  readonly files: number;
  readonly sizeBytes: number;
  /** The rows can be read but not understood: a mapping may help. */
  readonly problem?: Failure;
}

export interface FactsRequest {
  readonly path: string;
  /** Null: recognise it. */
  readonly format?: string | null;
  readonly columns?: Readonly<Record<string, string>>;
}

/** Rows whose columns are gathered. */
const SAMPLE = 200;

/** @throws UserError dataset/unreadable, dataset/empty, file/* : nothing of it can be read */
export async function datasetFacts({ path, format, columns: mapping }: FactsRequest): Promise<DatasetFacts> {
  if (isTokensFile(path)) {
    const { size } = await stat(path);
    return { format: TOKENS_FORMAT, columns: ['input_ids', 'labels'], files: 1, sizeBytes: size };
  }
  const files = await dataFiles(path);
  let sizeBytes = 0;
  for (const file of files) sizeBytes += (await stat(file)).size;
  const columns = await columnsOf(path);
  const base = { columns, files: files.length, sizeBytes };
  try {
    const reader = await openExamples(path, { format: format ?? undefined, columns: mapping });
    await reader.rows.return(undefined);
    return { ...base, format: reader.format };
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'dataset/unknown-format') throw error;
    const { code, message, hint } = error;
    return { ...base, problem: { code, message, hint } };
  }
}

async function columnsOf(path: string): Promise<string[]> {
  const names = new Set<string>();
  let seen = 0;
  for await (const batch of readRows(path)) {
    for (const { value } of batch.slice(0, SAMPLE)) for (const name of Object.keys(value ?? {})) names.add(name);
    seen += batch.length;
    if (seen >= SAMPLE) break;
  }
  return [...names];
}

export interface CheckRequest {
  readonly path: string;
  readonly model?: string;
  readonly format?: string;
  readonly columns?: Readonly<Record<string, string>>;
  readonly maxLength?: number;
}

/** @throws UserError dataset/*, tokenizer/*, file/* */
export async function fullCheck({ path, ...options }: CheckRequest): Promise<Omit<DatasetCheck, 'checkedAt'>> {
  const report = await checkDataset(path, options);
  const { tokens } = report;
  return {
    ...report,
    problems: [...report.problems],
    tokens: tokens && { ...tokens, histogram: [...tokens.histogram] },
    supervisedShare: tokens && tokens.total > 0 ? tokens.supervised / tokens.total : undefined,
  };
}
