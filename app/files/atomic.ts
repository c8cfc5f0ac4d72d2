/** Writing that is either whole or not there: a temporary name in the same folder, a flush, a rename. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { withFileErrors } from './file-errors.ts';

const temporaryName = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);

/**
 * Writes `file` through `work`, which gets an open handle; the folder is made where it is missing. The file appears under
 * its name only once it is complete and flushed; on failure nothing of it stays.
 * @throws UserError disk/full, file/not-allowed, file/not-found; whatever `work` throws
 */
export async function writeAtomically<T>(file: string, work: (handle: FileHandle) => Promise<T>): Promise<T> {
  const target = resolve(file);
  const temporary = temporaryName(target);
  return await withFileErrors(file, async () => {
    await mkdir(dirname(target), { recursive: true });
    const handle = await open(temporary, 'wx');
    try {
      const result = await work(handle);
      await handle.sync();
      await handle.close();
      await rename(temporary, target);
      await flushFolder(dirname(target));
      return result;
    } catch (error) {
      await handle.close().catch(() => undefined);
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

/** Writes a whole text or byte array: `writeAtomically` for small files. */
export async function writeFileAtomically(file: string, data: string | Uint8Array): Promise<void> {
  await writeAtomically(file, (handle) => handle.writeFile(data));
}

export const writeJsonAtomically = (file: string, value: unknown): Promise<void> =>
  writeFileAtomically(file, `${JSON.stringify(value, undefined, 2)}\n`);

/**
 * Builds a folder under a temporary name beside `folder` and puts it in place when `work` is done. An older folder there is
 * replaced only if it is empty or holds the file `marker`: a mistyped path must never cost somebody their documents.
 * @throws UserError file/exists, disk/full, file/not-allowed; whatever `work` throws, with the folder as it was before
 */
export async function writeFolderAtomically<T>(
  folder: string,
  work: (temporary: string) => Promise<T>,
  marker = 'lathe.json',
): Promise<T> {
  const target = resolve(folder);
  const temporary = temporaryName(target);
  await assertReplaceable(target, marker);
  return await withFileErrors(folder, async () => {
    await mkdir(dirname(target), { recursive: true });
    await mkdir(temporary);
    try {
      const result = await work(temporary);
      await replaceFolder(temporary, target, marker);
      return result;
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      throw error;
    }
  });
}

/**
 * Renames the finished folder `temporary` to `folder`, an older one there being removed afterwards.
 * @throws UserError file/exists where the older one is neither empty nor ours (does not hold `marker`)
 */
export async function replaceFolder(temporary: string, folder: string, marker = 'lathe.json'): Promise<void> {
  await assertReplaceable(folder, marker);
  const old = temporaryName(resolve(folder));
  const existed = await rename(folder, old).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    await rename(temporary, folder);
  } catch (error) {
    if (existed) await rename(old, folder);
    throw error;
  }
  await flushFolder(dirname(resolve(folder)));
  if (existed) await rm(old, { recursive: true, force: true });
}

/**
 * Ask this before hours of work whose result would go there.
 * @throws UserError file/exists where `folder` has files and is not ours (does not hold `marker`)
 */
export async function assertReplaceable(folder: string, marker = 'lathe.json'): Promise<void> {
  const names = await withFileErrors(folder, () =>
    readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
      if (error.code === 'ENOENT') return [];
      if (error.code === 'ENOTDIR') throw new UserError('file/exists', `${folder} is a file, not a folder`);
      throw error;
    }),
  );
  if (names.length > 0 && !names.includes(marker))
    throw new UserError('file/exists', `${folder} holds other files, so it is not replaced`);
}

/** Makes a rename in the folder survive a power cut, where the platform lets folders be flushed (Windows does not). */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
