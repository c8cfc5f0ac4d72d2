/** A file read at chosen offsets, in pieces that the operating system takes, never as a whole. */
import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../contract/errors.ts';
import { withFileErrors } from './file-errors.ts';

/** Linux transfers at most 2 GiB less a page in one call. */
const LARGEST_READ = 2 ** 30;

export interface RandomAccessFile {
  readonly path: string;
  readonly size: number;
  /**
   * Fills `target` from byte `position` on.
   * @throws UserError weights/truncated where the file ends before
   */
  read(position: number, target: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** @throws UserError file/not-found, file/not-allowed */
export async function openRandomAccess(path: string): Promise<RandomAccessFile> {
  return await withFileErrors(path, async () => {
    const handle = await open(path, 'r');
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new UserError('file/not-found', `${path} is not a file`);
      return fileOf(path, stats.size, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  });
}

function fileOf(path: string, size: number, handle: FileHandle): RandomAccessFile {
  return {
    path,
    size,
    async read(position, target) {
      let done = 0;
      while (done < target.byteLength) {
        const length = Math.min(LARGEST_READ, target.byteLength - done);
        const { bytesRead } = await withFileErrors(path, () => handle.read(target, done, length, position + done));
        if (bytesRead === 0) throw new UserError('weights/truncated', `${path} ends before byte ${position + done}`);
        done += bytesRead;
      }
    },
    close: () => handle.close(),
  };
}
