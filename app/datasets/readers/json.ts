/** A .json file: an array of records, read element by element so that it may be larger than memory. */
import { createReadStream } from 'node:fs';
import { UserError } from '../../contract/errors.ts';
import type { Place, SourceRow } from '../types.ts';
import { parseRow, readJsonl } from './jsonl.ts';
import { LONGEST_LINE, unreadable } from './lines.ts';

const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = ['[', ']', '{', '}'].map((c) => c.charCodeAt(0));
const [QUOTE, BACKSLASH, COMMA] = ['"', '\\', ','].map((c) => c.charCodeAt(0));
/** The keys under which people wrap the list of records. */
const WRAPPERS = ['data', 'rows', 'train', 'examples', 'instances', 'items'];

/** Chooses by the first character: `[` is an array; `{` is one object a line, or a single object that wraps the array. */
export async function* readJson(file: string, from?: Place): AsyncGenerator<readonly SourceRow[]> {
  const first = await firstCharacter(file);
  if (first === '[') yield* readArray(file, from);
  else if (first === '{') yield* readObjects(file, from);
  else throw new UserError('dataset/unreadable', `${file} is neither a JSON array nor JSON lines`);
}

async function firstCharacter(file: string): Promise<string> {
  for await (const chunk of stream(file)) {
    const text = chunk
      .toString('latin1')
      .replace(/^\xEF\xBB\xBF/, '')
      .trimStart();
    if (text.length > 0) return text[0];
  }
  throw new UserError('dataset/empty', `${file} is empty`);
}

/** JSON lines in a file named .json, unless the whole file is one object around a list. */
async function* readObjects(file: string, from?: Place): AsyncGenerator<readonly SourceRow[]> {
  const wrapped = await readWrapped(file);
  if (!wrapped) yield* readJsonl(file, from);
  else
    yield wrapped.map((value, i) => ({
      row: i + 1,
      ...(typeof value === 'object' && value !== null && !Array.isArray(value)
        ? { value: value as Record<string, unknown> }
        : { problem: { code: 'row/not-an-object' as const, message: 'the row is not a JSON object' } }),
    }));
}

async function readWrapped(file: string): Promise<readonly unknown[] | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream(file)) {
    chunks.push(chunk);
    size += chunk.length;
    // JSON lines show themselves early: their first line is a whole value.
    if (chunks.length === 1 && firstLineIsWhole(chunk)) return undefined;
    if (size > 4 * LONGEST_LINE)
      throw new UserError('dataset/unreadable', `${file} is one huge object: make it JSON Lines`);
  }
  let value: unknown;
  try {
    value = JSON.parse(
      Buffer.concat(chunks)
        .toString('utf8')
        .replace(/^\uFEFF/, ''),
    );
  } catch {
    return undefined;
  }
  const object = value as Record<string, unknown>;
  for (const key of WRAPPERS) if (Array.isArray(object[key])) return object[key];
  return [value];
}

function firstLineIsWhole(chunk: Buffer): boolean {
  const end = chunk.indexOf(0x0a);
  if (end < 0) return false;
  const rest = chunk.subarray(end).toString('latin1').trim();
  return (
    rest.length > 0 &&
    parseRow(
      chunk
        .subarray(0, end)
        .toString('utf8')
        .replace(/^\uFEFF/, ''),
    ).value !== undefined
  );
}

/** Finds where each element begins and ends by counting brackets outside strings. */
async function* readArray(file: string, from?: Place): AsyncGenerator<readonly SourceRow[]> {
  let row = (from?.row ?? 1) - 1;
  // Elements begin inside the array.
  let depth = from ? 1 : 0;
  let chunkStart = from?.offset ?? 0;
  let begin = chunkStart;
  let inText = false;
  let escaped = false;
  let closed = false;
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream(file, chunkStart)) {
    const rows: SourceRow[] = [];
    let start = 0;
    const finish = (end: number): void => {
      parts.push(chunk.subarray(start, end));
      const source = Buffer.concat(parts);
      parts = [];
      size = 0;
      if (source.toString('latin1').trim().length > 0)
        rows.push({ row: (row += 1), offset: begin, ...parseBytes(source) });
      begin = chunkStart + end + 1;
    };
    for (let i = 0; i < chunk.length; i += 1) {
      const byte = chunk[i];
      if (inText) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inText = false;
      } else if (byte === QUOTE) inText = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        depth += 1;
        if (depth === 1) {
          start = i + 1;
          begin = chunkStart + start;
        }
      } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
        depth -= 1;
        if (depth === 0) {
          finish(i);
          start = i + 1;
          closed = true;
        }
      } else if (byte === COMMA && depth === 1) {
        finish(i);
        start = i + 1;
      }
    }
    if (depth > 0 && !closed) {
      parts.push(chunk.subarray(start));
      size += chunk.length - start;
      if (size > LONGEST_LINE) throw new UserError('dataset/unreadable', `${file}: record ${row + 1} does not end`);
    }
    chunkStart += chunk.length;
    yield rows;
  }
  if (!closed) yield [{ row: row + 1, problem: { code: 'row/broken', message: 'the file ends inside this record' } }];
}

function parseBytes(source: Buffer): Pick<SourceRow, 'value' | 'problem'> {
  try {
    return parseRow(new TextDecoder('utf-8', { fatal: true }).decode(source));
  } catch {
    return { problem: { code: 'row/not-utf8', message: 'the record is not UTF-8 text' } };
  }
}

async function* stream(file: string, start = 0): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file, { start, highWaterMark: 1024 * 1024 })) yield chunk as Buffer;
  } catch (cause) {
    throw unreadable(file, cause);
  }
}
