/** Files that are whole or not there: written under another name, flushed, then renamed. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../contract/errors.ts';

/** The user-mendable failures of writing, with the path; anything else is passed on. */
export function asWriteError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new UserError('disk/full', `there is no space left to write ${path}`, { cause: error });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EISDIR') {
    return new UserError('file/not-allowed', `${path} cannot be written (${code})`, { cause: error });
  }
  return error;
}

/**
 * Writes a file through `work`; on any failure nothing is left under either name, and what stood there before stays.
 * @throws UserError disk/full, file/not-allowed
 */
export async function writeAtomically(path: string, work: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(temporary, 'wx');
    try {
      await work(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw asWriteError(error, path);
  }
}

export const writeTextAtomically = (path: string, text: string): Promise<void> =>
  writeAtomically(path, (file) => file.writeFile(text));

export const writeJsonAtomically = (path: string, value: unknown): Promise<void> =>
  writeTextAtomically(path, `${JSON.stringify(value, undefined, 2)}\n`);

/** Appends all of a large buffer; one call writes at most 2 GiB. */
export async function writeBytes(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(1 << 30, bytes.byteLength - at));
    at += bytesWritten;
  }
}
