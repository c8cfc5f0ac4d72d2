/** One file of the hub onto the disk: continued where an earlier attempt stopped, believed only when its hash is right. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../../contract/errors.ts';
import { withFileErrors } from '../../files/file-errors.ts';
import type { HubFile } from './files.ts';
import { refusal } from './refusals.ts';
import { type Answer, ask } from './request.ts';
import type { HubSettings } from './settings.ts';

export interface DownloadOptions {
  readonly settings: HubSettings;
  readonly signal?: AbortSignal;
  /** Bytes of this file that are on the disk. */
  readonly onBytes?: (bytes: number) => void;
}

/** Connections in a row that break without bringing anything, and broken ones altogether. */
const FRUITLESS = 4;
const ATTEMPTS = 200;

export const partName = (path: string): string => `${path}.part`;

/**
 * Downloads `url` to `file.path` in `folder`; until it is whole and its hash is right it is called `<path>.part`.
 * @throws UserError hub/*, disk/full, file/not-allowed; a broken connection leaves the part for the next time
 */
export async function downloadFile(
  url: string,
  file: HubFile,
  folder: string,
  options: DownloadOptions,
): Promise<void> {
  const target = join(folder, file.path);
  const part = partName(target);
  await withFileErrors(target, async () => {
    await mkdir(dirname(target), { recursive: true });
    let resumed = (await sizeOf(part)) > 0;
    for (let attempt = 1, fruitless = 0; (await sizeOf(part)) !== file.sizeBytes || attempt === 1; attempt++) {
      const before = await sizeOf(part);
      const answer = await askForRest(url, file, before, options);
      if (!answer) break;
      try {
        await append(answer, file, part, options);
      } catch (error) {
        if (!(error instanceof UserError) || error.code !== 'hub/unreachable') throw error;
        fruitless = (await sizeOf(part)) > before ? 0 : fruitless + 1;
        if (fruitless === FRUITLESS || attempt === ATTEMPTS) throw error;
        await pause(options.settings.pauseMs * 2 ** fruitless, undefined, { signal: options.signal });
      }
    }
    if (!(await isRight(file, part))) {
      await rm(part, { force: true });
      // What an earlier attempt left may have been another version's: from the beginning, once.
      if (resumed) {
        resumed = false;
        return await downloadFile(url, file, folder, options);
      }
      throw new UserError('hub/corrupt', `${file.path} does not match the checksum that the hub states`);
    }
    await rename(part, target);
  });
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** The answer with the bytes from `from` on; nothing where all are here already. */
async function askForRest(
  url: string,
  file: HubFile,
  from: number,
  { settings, signal }: DownloadOptions,
): Promise<Answer | undefined> {
  if (from >= file.sizeBytes && from > 0) return undefined;
  const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
  const answer = await ask(url, settings, { headers, signal });
  if (answer.response.ok) return answer;
  answer.close();
  throw refusal(answer.response.status, file.path, settings.token !== undefined);
}

async function append(answer: Answer, file: HubFile, part: string, options: DownloadOptions): Promise<void> {
  const { status, headers } = answer.response;
  const range = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '');
  // A server that does not continue sends the whole again.
  const from = status === 206 ? Number(range?.[1] ?? (await sizeOf(part))) : 0;
  if (from > (await sizeOf(part))) {
    answer.close();
    throw new UserError('hub/corrupt', `${file.path}: the hub left out bytes before ${from}`);
  }
  const handle = await open(part, from === 0 ? 'w' : 'r+');
  let at = from;
  try {
    for await (const chunk of answer.chunks()) {
      if (at + chunk.byteLength > file.sizeBytes)
        throw new UserError(
          'hub/corrupt',
          `${file.path} is longer than the ${file.sizeBytes} bytes that the hub states`,
        );
      for (let done = 0; done < chunk.byteLength; ) {
        done += (await handle.write(chunk, done, chunk.byteLength - done, at + done)).bytesWritten;
      }
      at += chunk.byteLength;
      options.onBytes?.(at);
    }
    await handle.truncate(at);
    await handle.sync();
  } catch (error) {
    if (error instanceof UserError && error.code === 'hub/corrupt') await handle.truncate(0);
    throw error;
  } finally {
    await handle.close();
  }
  if (at < file.sizeBytes)
    throw new UserError('hub/unreachable', `${file.path} broke off after ${at} of ${file.sizeBytes} bytes`);
}

/** Whether size and hash are those that the hub states. Without a hash in its list only the size can tell. */
async function isRight({ sizeBytes, hash }: HubFile, part: string): Promise<boolean> {
  if ((await sizeOf(part)) !== sizeBytes) return false;
  if (!hash) return true;
  const hasher: Hash = hash.kind === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${sizeBytes}\0`);
  for await (const chunk of createReadStream(part)) hasher.update(chunk as Buffer);
  return hasher.digest('hex') === hash.hex;
}
