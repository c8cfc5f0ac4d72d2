/** Data sets: where they lie, how their columns are read, what is in them and what is wrong with them. */
import { z } from 'zod';
import { dependents } from './models.ts';
import { bytes, count, failure, id, modelId, nothing, page, path, procedure, time } from './shared.ts';

export const rowProblem = z.object({ row: count, file: z.string().optional(), code: z.string(), message: z.string() });

export const tokenStatistics = z.object({
  total: count,
  supervised: count,
  p50: count,
  p95: count,
  max: count,
  /** Rows by length: from ≤ tokens < to. */
  histogram: z.array(z.object({ from: count, to: count, rows: count })),
});

export const datasetCheck = z.object({
  format: z.string(),
  rows: count,
  usableRows: count,
  duplicates: count,
  /** The first 1,000; `problemCount` says how many there are. */
  problems: z.array(rowProblem),
  problemCount: count,
  tokens: tokenStatistics.optional(),
  /** Share of the tokens that are learnt from, 0 to 1. */
  supervisedShare: z.number().optional(),
  checkedAt: time,
});
export type DatasetCheck = z.infer<typeof datasetCheck>;

export const split = z.object({ heldOut: z.number().min(0).max(0.9), seed: count });

export const datasetSummary = z.object({
  id,
  name: z.string(),
  path: z.string(),
  /** `messages`, `alpaca`, `prompt-completion`, `text`, …; absent where it is not recognised. */
  format: z.string().optional(),
  /** Absent until they are counted. */
  rows: count.optional(),
  sizeBytes: bytes,
  addedAt: time,
  /** The file cannot be read. */
  problem: failure.optional(),
});
export type DatasetSummary = z.infer<typeof datasetSummary>;

export const datasetDetail = datasetSummary.extend({
  columns: z.array(z.string()),
  /** What the format's fields are called here; empty: by their own names. */
  mapping: z.record(z.string(), z.string()),
  /** The format was chosen by the user. */
  formatChosen: z.boolean(),
  split,
  /** Formats that can be chosen, with the fields each needs. */
  formats: z.array(z.object({ name: z.string(), columns: z.string() })),
});
export type DatasetDetail = z.infer<typeof datasetDetail>;

export const previewRow = z.object({
  /** Position among the rows, from 0. */
  index: count,
  /** Line or record number in the file, from 1. */
  row: count,
  file: z.string().optional(),
  /** Long texts are cut; `cut` says so. */
  value: z.record(z.string(), z.unknown()).optional(),
  cut: z.boolean(),
  problem: z.object({ code: z.string(), message: z.string() }).optional(),
});

export const transferTask = z.enum([
  'classification',
  'multi-label',
  'regression',
  'token-classification',
  'similarity',
]);
const column = z.string().optional();

/** Which columns a classifier could learn from. */
export const labelFacts = z.object({
  rows: count,
  /** As asked for, or the one that the columns look like. */
  task: transferTask,
  suggestedTask: transferTask,
  /** Rows that can be learnt from. */
  usableRows: count,
  columns: z.array(
    z.object({
      name: z.string(),
      filled: count,
      distinct: count,
      meanLength: z.number(),
      examples: z.array(z.string()),
    }),
  ),
  /** The columns asked for, or those that look like what the task needs. */
  ...{ text: column, label: column, other: column, negative: column },
  /** Most frequent first; at most 200. */
  classes: z.array(z.object({ label: z.string(), count })),
  classCount: count,
  /** Where numbers are learnt: their range and mean, and how many lie in each of equal parts of the range. */
  numbers: z.object({ least: z.number(), most: z.number(), mean: z.number(), counts: z.array(count) }).optional(),
  /** Whether pairs have a number that says how alike they are; how many have a text that is not. */
  pairs: z.object({ scored: z.boolean(), negatives: count }).optional(),
  characters: z.number(),
  /** The first rows that are left out, and why; and how many there are. */
  leftOut: z.array(z.object({ row: count, file: z.string().optional(), code: z.string(), message: z.string() })),
  leftOutCount: count,
  /** Why nothing can be learnt from these columns. */
  problem: failure.optional(),
});
export type LabelFacts = z.infer<typeof labelFacts>;

const one = z.object({ id });

export const datasets = {
  list: procedure
    .input(
      page.extend({
        sort: z.enum(['addedAt', 'name', 'rows', 'sizeBytes']).default('addedAt'),
        descending: z.boolean().default(true),
      }),
    )
    .output(z.object({ total: count, items: z.array(datasetSummary) })),
  /** Each path becomes a data set; the files stay where they are and are never changed. */
  add: procedure
    .input(z.object({ paths: z.array(path).min(1).max(100), name: z.string().trim().min(1).max(120).optional() }))
    .output(z.object({ items: z.array(datasetSummary) })),
  /** The sample that comes with Lathe: what people say to a smart home, and what they mean. */
  addSample: procedure.input(nothing).output(datasetSummary),
  get: procedure.input(one).output(datasetDetail),
  rename: procedure.input(one.extend({ name: z.string().trim().min(1).max(120) })).output(datasetSummary),
  /** Any rows of millions. While the index is still being built `indexing` is true and `total` counts what is known. */
  preview: procedure
    .input(one.extend({ offset: count.default(0), limit: z.number().int().positive().max(200).default(50) }))
    .output(z.object({ rows: z.array(previewRow), total: count, indexing: z.boolean(), columns: z.array(z.string()) })),
  /** One row uncut. */
  row: procedure.input(one.extend({ index: count })).output(previewRow),
  /** Kept until the file, the mapping or the model changes. */
  check: procedure
    .input(one.extend({ modelId: modelId.optional(), maxLength: z.number().int().min(8).optional() }))
    .output(datasetCheck),
  /** `format` null: recognise it. */
  labels: procedure
    .input(one.extend({ text: column, label: column, other: column, negative: column, task: transferTask.optional() }))
    .output(labelFacts),
  setMapping: procedure
    .input(one.extend({ format: z.string().nullable(), mapping: z.record(z.string(), z.string()) }))
    .output(datasetDetail),
  setSplit: procedure.input(one.extend(split.shape)).output(datasetDetail),
  dependents: procedure.input(one).output(dependents),
  remove: procedure.input(one).output(z.object({ trashId: id })),
};
