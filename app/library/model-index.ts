/** Keeps the index of models in step with the library's folders, which the command line writes too. */
import { cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import type { ModelSummary } from '../contract/models.ts';
import { EMBEDDED, type EmbeddedId, libraryPath, listModels, modelsFolder } from '../models/library.ts';
import type { ModelRecord, ModelsTable } from '../store/models.ts';

export interface ModelIndexOptions {
  readonly table: ModelsTable;
  readonly home: string;
  /** Reads a folder's facts, where that does not hold up the engine. */
  readonly readFacts: (id: string, path: string) => Promise<ModelRecord>;
  readonly onChange: () => void;
}

const PATIENCE_MS = 3000;
/** New folders between two news of them. */
const SHOWN_EVERY = 200;

export class ModelIndex {
  readonly #options: ModelIndexOptions;
  #folderTime = -1;
  #syncing: Promise<void> | undefined;

  constructor(options: ModelIndexOptions) {
    this.#options = options;
  }

  /** Looks at what appeared, vanished or changed in the models folder. Cheap where nothing did. */
  sync(force = false): Promise<void> {
    this.#syncing ??= this.#sync(force).finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  /** As `sync`, but a list does not wait for thousands of new folders: what is known is shown, the rest follows. */
  async syncSoon(): Promise<void> {
    const patience = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS));
    const sync = this.sync();
    sync.catch(() => undefined);
    await Promise.race([sync, patience]);
  }

  async #sync(force: boolean): Promise<void> {
    const { table, home, readFacts, onChange } = this.#options;
    const folderTime = await stat(modelsFolder(home)).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    // A folder's time changes with what appears in it and what vanishes.
    if (!force && folderTime === this.#folderTime) return;
    const known = table.times();
    const there = new Set(await listModels(home));
    let changed = false;
    let looked = 0;
    for (const id of known.keys()) {
      if (there.has(id)) continue;
      table.remove(id);
      changed = true;
    }
    for (const id of there) {
      const path = libraryPath(home, id);
      const time = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      );
      if (time === undefined || known.get(id) === time) continue;
      table.save(await readFacts(id, path));
      changed = true;
      if (++looked % SHOWN_EVERY === 0) onChange();
    }
    this.#folderTime = folderTime;
    if (!changed) return;
    table.relink();
    onChange();
  }

  /** One model that a job made or measured. */
  async refresh(id: string): Promise<void> {
    const { table, home, readFacts, onChange } = this.#options;
    table.save(await readFacts(id, libraryPath(home, id)));
    table.relink();
    onChange();
  }

  /** @throws UserError library/not-found */
  get(id: string): ModelSummary {
    const model = this.#options.table.get(id);
    if (!model) throw new UserError('library/not-found', `the library has no model "${id}"`);
    return model;
  }

  /** As `get`, after a look at the folders where it is not known yet. @throws UserError library/not-found */
  async find(id: string): Promise<ModelSummary> {
    if (!this.#options.table.get(id)) await this.sync(true);
    return this.get(id);
  }

  /** Copies a model that comes with Lathe into the library, once. @returns its id */
  async importEmbedded(id: EmbeddedId): Promise<string> {
    const { home } = this.#options;
    const path = libraryPath(home, id);
    const there = await stat(path).catch(() => undefined);
    if (!there) {
      await mkdir(modelsFolder(home), { recursive: true });
      const part = join(modelsFolder(home), `.${id}.${process.pid}.tmp`);
      await rm(part, { recursive: true, force: true });
      await cp(EMBEDDED[id], part, { recursive: true });
      await rename(part, path);
    }
    await this.sync();
    return basename(path);
  }

  forget(id: string): void {
    this.#options.table.remove(id);
    this.#options.table.relink();
    this.#options.onChange();
  }
}
