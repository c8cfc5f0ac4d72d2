/** The trash: folders are moved into it and back; files that belong to the user are only hidden. */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import type { TrashEntry } from '../contract/trash.ts';
import { withFileErrors } from '../files/file-errors.ts';
import type { Store } from '../store/index.ts';
import type { TrashRecord } from '../store/trash.ts';

/** Bytes of everything in a folder. */
export async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    if (entry.isFile())
      bytes += await stat(join(entry.parentPath, entry.name)).then(
        (s) => s.size,
        () => 0,
      );
  }
  return bytes;
}

export class Trash {
  readonly #store: Store;
  readonly #folder: string;
  readonly #onChange: () => void;

  constructor(store: Store, home: string, onChange: () => void) {
    this.#store = store;
    this.#folder = join(home, 'trash');
    this.#onChange = onChange;
  }

  /** @param origin folder that is moved into the trash; absent: only the row is hidden */
  async put(kind: TrashEntry['kind'], subject: string, name: string, origin?: string): Promise<string> {
    const id = randomUUID();
    const folder = origin && join(this.#folder, id, basename(origin));
    let bytes = 0;
    if (origin && folder) {
      bytes = await folderBytes(origin);
      await mkdir(dirname(folder), { recursive: true });
      await withFileErrors(origin, () => rename(origin, folder));
    }
    const removedAt = Date.now();
    this.#store.trash.add({ id, kind, subject, name, folder, origin, bytes, removedAt });
    if (kind === 'dataset') this.#store.datasets.hide(subject, removedAt);
    if (kind === 'export') this.#store.exports.hide(subject, removedAt);
    this.#onChange();
    return id;
  }

  /** @throws UserError library/not-found, file/exists */
  async restore(id: string): Promise<{ kind: TrashEntry['kind']; id: string }> {
    const entry = this.#get(id);
    if (entry.folder && entry.origin) {
      const taken = await stat(entry.origin).catch(() => undefined);
      if (taken) throw new UserError('file/exists', `${entry.origin} is taken by something newer`);
      await mkdir(dirname(entry.origin), { recursive: true });
      await withFileErrors(entry.folder, () => rename(entry.folder!, entry.origin!));
      await rm(join(this.#folder, id), { recursive: true, force: true });
    }
    if (entry.kind === 'dataset') this.#store.datasets.hide(entry.subject, null);
    if (entry.kind === 'export') this.#store.exports.hide(entry.subject, null);
    this.#store.trash.remove(id);
    this.#onChange();
    return { kind: entry.kind, id: entry.subject };
  }

  /** For good. @returns bytes freed */
  async empty(id?: string): Promise<number> {
    let freed = 0;
    for (const entry of id === undefined ? this.#store.trash.list() : [this.#get(id)]) {
      await rm(join(this.#folder, entry.id), { recursive: true, force: true });
      if (entry.kind === 'dataset') this.#store.datasets.remove(entry.subject);
      if (entry.kind === 'export') this.#store.exports.remove(entry.subject);
      this.#store.trash.remove(entry.id);
      freed += entry.bytes;
    }
    this.#onChange();
    return freed;
  }

  #get(id: string): TrashRecord {
    const entry = this.#store.trash.get(id);
    if (!entry) throw new UserError('library/not-found', `the trash has no ${id}`);
    return entry;
  }
}
