/** What rows of a data set look like on the way from a file to the training loop. */
import type { Message } from '../models/chat-template.ts';

/** What can be wrong with one row; the rest of the data set is still used. */
export const ROW_PROBLEMS = {
  'row/not-utf8': 'The bytes are not UTF-8 text.',
  'row/broken': 'The row cannot be parsed.',
  'row/not-an-object': 'The row is not a record with named fields.',
  'row/empty': 'The row holds nothing.',
  'row/missing-field': 'A field that the format needs is missing.',
  'row/wrong-type': 'A field has the wrong type.',
  'row/no-answer': 'There is nothing to learn from in this row.',
  'row/equal-answers': 'The chosen and the rejected answer are the same: nothing tells which is better.',
  'row/template-failed': 'The chat template refuses this conversation.',
  'row/unaligned': 'The answers cannot be found in what the chat template makes of them.',
  'row/truncated': 'The row is longer than the limit and was cut.',
} as const;
export type RowProblemCode = keyof typeof ROW_PROBLEMS;

export interface RowProblem {
  /** Line number (JSONL, CSV, TSV, text) or record number (JSON, Parquet), from 1. */
  readonly row: number;
  /** Which file of a folder. */
  readonly file?: string;
  readonly code: RowProblemCode;
  readonly message: string;
}

export type Row = Readonly<Record<string, unknown>>;

/** Where reading can begin again inside a file: the next row read is the one numbered `row`. */
export interface Place {
  /** Bytes from the beginning of the file; of Parquet, records. */
  readonly offset: number;
  readonly row: number;
}

/** One row as read: a record, or what is wrong with it. */
export interface SourceRow {
  readonly row: number;
  readonly file?: string;
  /** See `Place`; absent where the file can only be read from its beginning. */
  readonly offset?: number;
  readonly value?: Row;
  readonly problem?: { readonly code: RowProblemCode; readonly message: string };
}

/** The forms that every format is brought into. */
export type Example =
  | { readonly kind: 'chat'; readonly messages: readonly Message[]; readonly tools?: readonly unknown[] }
  | { readonly kind: 'completion'; readonly prompt: string; readonly completion: string }
  /** `continues`: the next row is the same document going on, so no end-of-text token belongs between them. */
  | { readonly kind: 'text'; readonly text: string; readonly continues?: boolean }
  | { readonly kind: 'labelled'; readonly text: string; readonly label: string }
  | { readonly kind: 'pair'; readonly source: string; readonly target: string }
  | {
      readonly kind: 'preference';
      readonly prompt: readonly Message[];
      readonly chosen: readonly Message[];
      readonly rejected: readonly Message[];
    };

/** Thrown inside a format or the encoder: the row is reported, the others go on. */
export class RowError extends Error {
  readonly code: RowProblemCode;
  constructor(code: RowProblemCode, message: string) {
    super(message);
    this.code = code;
  }
}
