/** JSON Lines: one record a line; a broken line is reported and the next one read. */
import type { Place, Row, SourceRow } from '../types.ts';
import { readLines } from './lines.ts';

export async function* readJsonl(file: string, from?: Place): AsyncGenerator<readonly SourceRow[]> {
  // Blank lines at the end are no rows; in the middle they are worth a word.
  let blank: SourceRow[] = [];
  for await (const lines of readLines(file, from)) {
    const rows: SourceRow[] = [];
    for (const { number, offset, text, problem } of lines) {
      if (text !== undefined && text.trim().length === 0) {
        if (blank.length < 1000)
          blank.push({ row: number, offset, problem: { code: 'row/empty', message: 'the line is blank' } });
        continue;
      }
      rows.push(...blank);
      blank = [];
      if (text === undefined)
        rows.push({ row: number, offset, problem: { code: problem!, message: describe(problem!) } });
      else rows.push({ row: number, offset, ...parseRow(text) });
    }
    yield rows;
  }
}

function describe(problem: 'row/not-utf8' | 'row/broken'): string {
  return problem === 'row/not-utf8' ? 'the line is not UTF-8 text' : 'the line is longer than 64 MiB';
}

/** Parses the text of one record. */
export function parseRow(text: string): Pick<SourceRow, 'value' | 'problem'> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message.slice(0, 120);
    return { problem: { code: 'row/broken', message: `not valid JSON: ${reason}` } };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { problem: { code: 'row/not-an-object', message: 'the row is not a JSON object' } };
  return { value: value as Row };
}
