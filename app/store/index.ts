/** The only SQL: every table, over one open database. */
import { type Database, openDatabase } from './database.ts';
import { DatasetsTable } from './datasets.ts';
import { DraftsTable } from './drafts.ts';
import { ExportsTable } from './exports.ts';
import { JobsTable } from './jobs.ts';
import { MetricsTable } from './metrics.ts';
import { ModelsTable } from './models.ts';
import { SettingsTable } from './settings.ts';
import { TrashTable } from './trash.ts';

export class Store {
  readonly db: Database;
  readonly models: ModelsTable;
  readonly datasets: DatasetsTable;
  readonly jobs: JobsTable;
  readonly metrics: MetricsTable;
  readonly settings: SettingsTable;
  readonly drafts: DraftsTable;
  readonly exports: ExportsTable;
  readonly trash: TrashTable;

  /** @throws UserError store/damaged, store/newer */
  constructor(file: string) {
    this.db = openDatabase(file);
    this.models = new ModelsTable(this.db);
    this.datasets = new DatasetsTable(this.db);
    this.jobs = new JobsTable(this.db);
    this.metrics = new MetricsTable(this.db);
    this.settings = new SettingsTable(this.db);
    this.drafts = new DraftsTable(this.db);
    this.exports = new ExportsTable(this.db);
    this.trash = new TrashTable(this.db);
  }

  close(): void {
    this.db.close();
  }
}

export { MIGRATIONS } from './migrations/index.ts';
