/** Data sets that were added: where they lie, how they are read, and the reports on them. Their files are never changed. */
import { createHash, randomUUID } from 'node:crypto';
import { basename, extname, resolve } from 'node:path';
import type { DatasetCheck, DatasetDetail, DatasetSummary } from '../contract/datasets.ts';
import { UserError } from '../contract/errors.ts';
import { FORMATS } from '../datasets/index.ts';
import type { DatasetRecord, DatasetsTable } from '../store/datasets.ts';
import type { CheckRequest, DatasetFacts, FactsRequest } from './dataset-facts.ts';

export interface RegistryOptions {
  readonly table: DatasetsTable;
  /** Both read files, where that does not hold up the engine. */
  readonly readFacts: (request: FactsRequest) => Promise<DatasetFacts>;
  readonly check: (request: CheckRequest) => Promise<Omit<DatasetCheck, 'checkedAt'>>;
  readonly countRows: (path: string) => Promise<number>;
  readonly onChange: (id?: string) => void;
}

export class DatasetRegistry {
  readonly #options: RegistryOptions;
  /** Two pages that ask for the same report wait for one. */
  readonly #checking = new Map<string, Promise<DatasetCheck>>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** @throws UserError dataset/not-found */
  get(id: string): DatasetRecord {
    const found = this.#options.table.get(id);
    if (!found) throw new UserError('dataset/not-found', `there is no data set ${id}`);
    return found;
  }

  /** A path that was added before is the same data set. @throws UserError dataset/*, file/* */
  async add(path: string, name: string | undefined): Promise<DatasetRecord> {
    const { table, readFacts, onChange } = this.#options;
    const at = resolve(path);
    const known = table.at(at);
    if (known) return known;
    const facts = await readFacts({ path: at });
    const record: DatasetRecord = {
      id: randomUUID(),
      name: name ?? basename(at, extname(at)),
      path: at,
      format: facts.format,
      formatChosen: false,
      mapping: {},
      columns: facts.columns,
      split: { heldOut: 0.05, seed: 0 },
      sizeBytes: facts.sizeBytes,
      addedAt: Date.now(),
      problem: facts.problem,
    };
    table.save(record);
    onChange(record.id);
    if (facts.problem === undefined) void this.#count(record.id, at);
    return record;
  }

  /** Behind the back of whoever added it: what cannot be counted says why when it is opened. */
  async #count(id: string, path: string): Promise<void> {
    const rows = await this.#options.countRows(path).catch(() => undefined);
    if (rows !== undefined && this.#options.table.get(id)) this.change(id, { rows });
  }

  detail(id: string): DatasetDetail {
    return {
      ...this.get(id),
      columns: [...this.get(id).columns],
      mapping: { ...this.get(id).mapping },
      formats: FORMATS.map(({ name, columns }) => ({ name, columns })),
    };
  }

  change(id: string, change: Partial<Pick<DatasetRecord, 'name' | 'split' | 'rows'>>): DatasetRecord {
    const record = { ...this.get(id), ...change };
    this.#options.table.save(record);
    this.#options.onChange(id);
    return record;
  }

  /** @throws UserError arguments/invalid for a format or column that there is not */
  async setMapping(id: string, format: string | null, mapping: Readonly<Record<string, string>>): Promise<void> {
    const record = this.get(id);
    if (format !== null && !FORMATS.some(({ name }) => name === format))
      throw new UserError('arguments/invalid', `there is no format "${format}"`);
    for (const column of Object.values(mapping)) {
      if (!record.columns.includes(column))
        throw new UserError('arguments/invalid', `${record.name} has no column "${column}"`);
    }
    const { format: recognised, problem } = await this.#options.readFacts({
      path: record.path,
      format,
      columns: mapping,
    });
    this.#options.table.save({
      ...record,
      format: format ?? recognised,
      formatChosen: format !== null,
      mapping,
      problem,
    });
    this.#options.onChange(id);
  }

  /** The report, kept until the files, the mapping or the model change. */
  async check(
    id: string,
    model: { readonly path: string; readonly hash: string } | undefined,
    state: string,
    maxLength?: number,
  ): Promise<DatasetCheck> {
    const { table } = this.#options;
    const record = this.get(id);
    const reading = readingOf(record);
    const key = createHash('sha256')
      .update(JSON.stringify([state, reading.format, reading.columns, model?.hash, maxLength]))
      .digest('hex');
    const kept = table.check(id, key);
    if (kept) return kept;
    const running = this.#checking.get(`${id}/${key}`);
    if (running) return running;
    const work = this.#options
      .check({ path: record.path, model: model?.path, ...reading, maxLength })
      .then((report) => {
        const checked = { ...report, checkedAt: Date.now() };
        table.saveCheck(id, key, checked);
        this.change(id, { rows: report.rows });
        return checked;
      })
      .finally(() => this.#checking.delete(`${id}/${key}`));
    this.#checking.set(`${id}/${key}`, work);
    return work;
  }
}

/** How commands are told to read it. */
export function readingOf({ format, formatChosen, mapping }: DatasetRecord): {
  readonly format?: string;
  readonly columns?: Readonly<Record<string, string>>;
} {
  return {
    ...(formatChosen && format ? { format } : {}),
    ...(Object.keys(mapping).length > 0 ? { columns: mapping } : {}),
  };
}

export const datasetSummary = ({ formatChosen, mapping, columns, split, ...summary }: DatasetRecord): DatasetSummary =>
  summary;
