/** What a data set could teach: which task it is for, which columns are read, and what speaks against it. */
import { type FoundColumns, findColumns, guessTask, type TaskName } from './find-columns.ts';
import { type ColumnFacts, scanColumns } from './scan-columns.ts';
import { type TaskFacts, taskFacts } from './task-facts.ts';

export interface LabelFacts extends TaskFacts, FoundColumns {
  readonly rows: number;
  /** As asked for, or the one that the columns look like. */
  readonly task: TaskName;
  readonly suggestedTask: TaskName;
  readonly columns: readonly ColumnFacts[];
}

export interface FactsAsked extends FoundColumns {
  readonly task?: TaskName;
}

/**
 * Reads the data set twice: once for what its columns are, once as the task would.
 * @throws UserError dataset/unreadable, dataset/empty, file/*
 */
export async function labelFacts(path: string, { task: asked, ...chosen }: FactsAsked = {}): Promise<LabelFacts> {
  const { rows, columns } = await scanColumns(path, asked === 'token-classification');
  const suggestedTask = guessTask(columns);
  const task = asked ?? suggestedTask;
  const found = findColumns(columns, task, chosen);
  return { rows, task, suggestedTask, columns: columns.map(plain), ...found, ...(await taskFacts(path, task, found)) };
}

const plain = ({ name, filled, distinct, meanLength, examples }: ColumnFacts): ColumnFacts => ({
  ...{ name, filled, distinct, meanLength, examples },
});
