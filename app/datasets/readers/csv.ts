/** CSV and TSV with a header line, quoted fields and line ends inside quotes (RFC 4180), with the line of every record. */
import { UserError } from '../../contract/errors.ts';
import type { Place, SourceRow } from '../types.ts';
import { type Line, readLines } from './lines.ts';

/** A quote that is never closed would swallow the rest of the file: beyond this the record is called broken. */
const MOST_LINES = 200;
const DELIMITERS = [',', '\t', ';', '|'];

/** @throws UserError dataset/unreadable when the header cannot be read */
export async function* readCsv(file: string, delimiter?: string, from?: Place): AsyncGenerator<readonly SourceRow[]> {
  let columns: readonly string[] | undefined;
  let mark = delimiter ?? ',';
  let open: Line[] = [];
  let openText = '';

  const take = (line: Line, rows: SourceRow[]): void => {
    if (line.text === undefined) {
      abandon(rows);
      rows.push({
        row: line.number,
        offset: line.offset,
        problem: { code: line.problem!, message: 'the line is not UTF-8 text' },
      });
      return;
    }
    if (open.length === 0 && line.text.trim().length === 0) return;
    openText = open.length > 0 ? `${openText}\n${line.text}` : line.text;
    open.push(line);
    if (!columns && open.length === 1 && !delimiter) mark = guessDelimiter(line.text);
    // Inside quotes only a quote can end the record: no need to look again without one.
    const fields = open.length > 1 && !line.text.includes('"') ? undefined : parseRecord(openText, mark);
    if (!fields) {
      if (open.length > MOST_LINES) abandon(rows);
      return;
    }
    const { number: row, offset } = open[0];
    open = [];
    if (!columns) columns = header(fields, file);
    else rows.push({ row, offset, ...record(columns, fields) });
  };

  /** Gives up the record that never closed its quote and reads the lines after its first one again. */
  const abandon = (rows: SourceRow[]): void => {
    if (open.length === 0) return;
    const [first, ...rest] = open;
    open = [];
    if (!columns) throw new UserError('dataset/unreadable', `${file}: a quote in the header line is never closed`);
    rows.push({
      row: first.number,
      offset: first.offset,
      problem: { code: 'row/broken', message: 'a quote is never closed' },
    });
    for (const line of rest) take(line, rows);
  };

  async function readHeader(): Promise<void> {
    for await (const lines of readLines(file)) {
      for (const line of lines) {
        take(line, []);
        if (columns) return;
      }
    }
  }

  // The header says what the columns are wherever reading begins.
  if (from) await readHeader();
  for await (const lines of readLines(file, from)) {
    const rows: SourceRow[] = [];
    for (const line of lines) take(line, rows);
    yield rows;
  }
  const rows: SourceRow[] = [];
  while (open.length > 0) abandon(rows);
  yield rows;
}

function guessDelimiter(line: string): string {
  const outside = line.replace(/"(?:[^"]|"")*"/g, '');
  const counts = DELIMITERS.map((mark) => outside.split(mark).length - 1);
  return DELIMITERS[counts.indexOf(Math.max(...counts))];
}

function header(fields: readonly string[], file: string): readonly string[] {
  const names = fields.map((field) => field.trim());
  if (new Set(names).size !== names.length)
    throw new UserError('dataset/unreadable', `${file}: the header names a column twice (${names.join(', ')})`);
  return names;
}

function record(columns: readonly string[], fields: readonly string[]): Pick<SourceRow, 'value' | 'problem'> {
  if (fields.length !== columns.length)
    return {
      problem: { code: 'row/broken', message: `the row has ${fields.length} fields, the header ${columns.length}` },
    };
  return { value: Object.fromEntries(columns.map((name, i) => [name, fields[i]])) };
}

/** The fields of one record, or undefined while a quote is open. */
function parseRecord(text: string, delimiter: string): string[] | undefined {
  if (!text.includes('"')) return text.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] === '"') {
      let field = '';
      for (let from = at + 1; ; ) {
        const end = text.indexOf('"', from);
        if (end < 0) return undefined;
        field += text.slice(from, end);
        if (text[end + 1] !== '"') {
          at = end + 1;
          break;
        }
        field += '"';
        from = end + 2;
      }
      // Text after the closing quote belongs to the field, as spreadsheets read it.
      const next = text.indexOf(delimiter, at);
      fields.push(field + text.slice(at, next < 0 ? text.length : next));
      if (next < 0) return fields;
      at = next + delimiter.length;
    } else {
      const next = text.indexOf(delimiter, at);
      fields.push(text.slice(at, next < 0 ? text.length : next));
      if (next < 0) return fields;
      at = next + delimiter.length;
    }
  }
}
