/** Words with a tag each, one a line, as CoNLL 2003 and its kin are written: the first column is the word, the last its tag. */
import type { SourceRow } from '../types.ts';
import { readLines } from './lines.ts';

/** A sentence goes on to a blank line; its row is that of its first line. Rows have `tokens` and `tags`. */
export async function* readConll(file: string): AsyncGenerator<readonly SourceRow[]> {
  let usual: number | undefined;
  let tokens: string[] = [];
  let tags: string[] = [];
  let start = 0;
  let problem: SourceRow['problem'];
  const flush = (rows: SourceRow[]) => {
    if (problem) rows.push({ row: start, problem });
    else if (tokens.length > 0) rows.push({ row: start, value: { tokens, tags } });
    [tokens, tags, problem, start] = [[], [], undefined, 0];
  };
  for await (const lines of readLines(file)) {
    const rows: SourceRow[] = [];
    for (const { number, text, problem: broken } of lines) {
      if (text === undefined) {
        start ||= number;
        problem ??= { code: broken!, message: `line ${number} is not UTF-8 text` };
        continue;
      }
      const columns = text.trim().split(text.includes('\t') ? '\t' : /\s+/);
      const [word] = columns;
      if (word === '') flush(rows);
      // The word # has as many columns as any other; a remark has not.
      else if (word === '-DOCSTART-' || (word.startsWith('#') && columns.length !== (usual ?? 2))) continue;
      else {
        start ||= number;
        usual ??= columns.length;
        const tag = columns.at(-1)!.trim();
        if (columns.length < 2 || columns.length !== usual || tag === '') {
          const message = `line ${number} has ${columns.length} columns, not ${Math.max(2, usual)}`;
          problem ??= { code: 'row/broken', message };
        }
        tokens.push(word);
        tags.push(tag);
      }
    }
    yield rows;
  }
  const rows: SourceRow[] = [];
  flush(rows);
  yield rows;
}
