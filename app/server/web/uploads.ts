/** Files that a browser sends: kept under the data folder, never outside it, whole or not at all. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../contract/errors.ts';
import { withFileErrors } from '../../files/file-errors.ts';

const MOST_PARTS = 16;

/** @throws UserError file/not-allowed for a name that is no plain relative path */
export function uploadParts(name: string): string[] {
  const parts = name.split('/');
  const bad = (part: string) =>
    part === '' || part === '.' || part === '..' || /[\\:*?"<>|\0]/.test(part) || part.length > 255;
  if (parts.length > MOST_PARTS || parts.some(bad))
    throw new UserError('file/not-allowed', `"${name}" cannot be the name of a file`);
  return parts;
}

export class Uploads {
  readonly #folder: string;
  /** Where the files of a folder that is being uploaded go, by its name. */
  readonly #groups = new Map<string, string>();

  constructor(home: string) {
    this.#folder = join(home, 'uploads');
  }

  /** @returns the path it has now. @throws UserError file/not-allowed, disk/full */
  async take(name: string, body: IncomingMessage): Promise<string> {
    const parts = uploadParts(name);
    const path = join(await this.#groupOf(parts), ...parts);
    const part = `${path}.${randomUUID()}.part`;
    return withFileErrors(path, async () => {
      await mkdir(dirname(path), { recursive: true });
      try {
        await pipeline(body, createWriteStream(part, { flags: 'wx' }));
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
      return path;
    });
  }

  /** A file of its own gets a new folder: an earlier upload of that name may be somebody's data set. */
  async #groupOf(parts: readonly string[]): Promise<string> {
    const fresh = join(this.#folder, randomUUID());
    if (parts.length === 1) return fresh;
    const known = this.#groups.get(parts[0]);
    const again = known && (await stat(join(known, ...parts)).catch(() => undefined));
    if (known && !again) return known;
    this.#groups.set(parts[0], fresh);
    return fresh;
  }
}
