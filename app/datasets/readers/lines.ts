/** Reads a text file of any size line by line, in batches, and says of each line whether it is UTF-8. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { UserError } from '../../contract/errors.ts';
import type { Place } from '../types.ts';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Of its first byte in the file. */
  readonly offset: number;
  /** Without the line end; undefined when the bytes are not UTF-8 or far too many. */
  readonly text: string | undefined;
  readonly problem?: 'row/not-utf8' | 'row/broken';
}

/** Rows larger than this are an accident: a file without line ends, or not text at all. */
export const LONGEST_LINE = 64 * 1024 * 1024;
const CHUNK = 1024 * 1024;

/**
 * @param from the beginning of a line to start with
 * @throws UserError dataset/unreadable for UTF-16 or binary files, file/not-found, file/not-allowed
 */
export async function* readLines(file: string, from?: Place): AsyncGenerator<readonly Line[]> {
  await refuseOtherEncodings(file);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = (from?.row ?? 1) - 1;
  let offset = from?.offset ?? 0;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let overlong = false;
  const finish = (last: Buffer, next: number): Line => {
    const begin = offset;
    offset = next;
    const bytes = pending.length > 0 ? Buffer.concat([...pending, last]) : last;
    pending = [];
    pendingBytes = 0;
    number += 1;
    if (overlong) {
      overlong = false;
      return { number, offset: begin, text: undefined, problem: 'row/broken' };
    }
    const end = bytes.length > 0 && bytes[bytes.length - 1] === 0x0d ? bytes.length - 1 : bytes.length;
    try {
      return { number, offset: begin, text: decoder.decode(bytes.subarray(0, end)) };
    } catch {
      return { number, offset: begin, text: undefined, problem: 'row/not-utf8' };
    }
  };
  let chunkStart = offset;
  for await (const chunk of chunksOf(file, chunkStart)) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      lines.push(finish(chunk.subarray(start, end), chunkStart + end + 1));
      start = end + 1;
    }
    if (start < chunk.length && !overlong) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      if (pendingBytes > LONGEST_LINE) {
        overlong = true;
        pending = [];
      }
    }
    chunkStart += chunk.length;
    if (lines.length > 0) yield lines;
  }
  if (pending.length > 0 || overlong) yield [finish(Buffer.alloc(0), chunkStart)];
}

async function* chunksOf(file: string, start: number): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file, { start, highWaterMark: CHUNK })) yield chunk as Buffer;
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** Turns a system error into one that the user can mend. */
export function unreadable(file: string, cause: unknown): unknown {
  if (cause instanceof UserError) return cause;
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return new UserError('file/not-found', `${file} does not exist`, { cause });
  if (code === 'EACCES' || code === 'EPERM')
    return new UserError('file/not-allowed', `${file} may not be read`, { cause });
  if (code === 'EISDIR' || code === 'EIO')
    return new UserError('dataset/unreadable', `${file} cannot be read`, { cause });
  return cause;
}

/** A wrong encoding makes every line wrong: better said once. */
async function refuseOtherEncodings(file: string): Promise<void> {
  let head: Buffer;
  try {
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
      head = buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unreadable(file, cause);
  }
  const utf16 = head.length >= 2 && ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff));
  if (utf16) throw new UserError('dataset/unreadable', `${file} is UTF-16 text: save it as UTF-8`);
  if (head.includes(0)) throw new UserError('dataset/unreadable', `${file} is not a text file`);
}
