/** Plain text: one row for each paragraph, so that a book of any size can stream; together they are the whole text. */
import type { Place, SourceRow } from '../types.ts';
import { readLines } from './lines.ts';

/** Text without blank lines is cut after a line end beyond this many characters. */
const LONGEST_PARAGRAPH = 32_768;

/** Rows have `text` (with its line ends) and `continues`, true for all but the last of the file. */
export async function* readText(file: string, from?: Place): AsyncGenerator<readonly SourceRow[]> {
  let start = 1;
  let offset = 0;
  let text = '';
  let blank = false;
  let previous: SourceRow | undefined;
  for await (const lines of readLines(file, from)) {
    const rows: SourceRow[] = [];
    const flush = (): void => {
      if (text.length === 0) return;
      if (previous) rows.push(previous);
      previous = { row: start, offset, value: { text, continues: true } };
      text = '';
    };
    for (const line of lines) {
      if (line.text === undefined) {
        const problem = { code: line.problem!, message: 'the line is not UTF-8 text' };
        rows.push({ row: line.number, offset: line.offset, problem });
        continue;
      }
      const isBlank = line.text.trim().length === 0;
      if ((blank && !isBlank) || text.length > LONGEST_PARAGRAPH) flush();
      if (text.length === 0) [start, offset] = [line.number, line.offset];
      text += `${line.text}\n`;
      blank = isBlank;
    }
    yield rows;
  }
  const rows: SourceRow[] = [];
  if (previous) rows.push(previous);
  if (text.length > 0) rows.push({ row: start, offset, value: { text, continues: true } });
  const last = rows.pop();
  if (last) rows.push({ ...last, value: { ...last.value, continues: false } });
  yield rows;
}
