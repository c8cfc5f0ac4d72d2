/** What can be learnt of texts: how its targets are read, kept apart and scored. A new task is a file here and a line in index.ts. */
import type { RowProblem } from '../../../datasets/index.ts';
import type { Columns } from '../labelled-rows.ts';
import type { Objective, Target } from '../objective.ts';

export interface TaskRow {
  readonly text: string;
  /** Of the text, or the class of each of its words. */
  readonly target: Target | Int32Array;
  /** Where each word has a target. */
  readonly words?: readonly string[];
}

export interface TaskData<R extends TaskRow = TaskRow> {
  readonly rows: readonly R[];
  /** Names of the logits. */
  readonly labels: readonly string[];
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
}

export interface Part<R> {
  readonly train: readonly R[];
  readonly test: readonly R[];
}

export interface Scored<R> extends Part<R> {
  readonly labels: readonly string[];
  /** Of the test rows, or of their words one after the other: see `outputsOf`. */
  readonly outputs: Float32Array;
  readonly seed: number;
}

export interface TransferTask<R extends TaskRow = TaskRow> {
  readonly objective: Objective;
  /** transformers' name for it; it has none for tasks with a target for each word. */
  readonly problemType?: string;
  readonly perToken?: boolean;
  /** @param known labels that were learnt, for rows that are only measured on */
  read(file: string, columns: Columns, known?: readonly string[]): Promise<TaskData<R>>;
  split(rows: readonly R[], share: number, seed: number): Part<R>;
  /** One number that says how good outputs are; higher is better. */
  score(test: readonly R[], outputs: Float32Array, labels: readonly string[]): number;
  /** All that is told of the result, a plain method beside it. */
  report(scored: Scored<R>): Readonly<Record<string, unknown>>;
}
