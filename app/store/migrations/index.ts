/** All migrations in order. A new one gets the next number with a gap; one that was released is never edited. */
import { library } from './010-library.ts';
import { jobs } from './020-jobs.ts';
import { metrics } from './030-metrics.ts';
import { checks } from './040-checks.ts';

export interface Migration {
  readonly version: number;
  readonly sql: string;
}

export const MIGRATIONS: readonly Migration[] = [
  { version: 10, sql: library },
  { version: 20, sql: jobs },
  { version: 30, sql: metrics },
  { version: 40, sql: checks },
];
