/** What a step will cost on this machine, from the engine's estimate: the rows of the panel, its warnings, and whether Next is allowed. */
import type { Options } from '../form/values.ts';

export interface Estimate {
  readonly seconds: { readonly low: number; readonly mid: number; readonly high: number };
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly resultBytes: number;
  readonly fits: boolean;
  readonly reason?: string;
  readonly remedy?: { readonly label: string; readonly options: Options };
  readonly rows?: number;
  readonly usableRows?: number;
  readonly longRows?: number;
  readonly supervisedShare?: number;
}

export interface Machine {
  readonly memoryTotalBytes: number;
  readonly memoryFreeBytes: number;
  readonly diskFreeBytes?: number;
}

export type Level = 'ok' | 'warn' | 'bad';

export interface Notice {
  readonly level: 'warn' | 'bad';
  readonly title: string;
  readonly reason: string;
  readonly remedy?: { readonly label: string; readonly options: Options };
}

export interface Consequence {
  readonly level: Level;
  readonly notices: readonly Notice[];
  /** Red: the job would fail or take the machine down. */
  readonly blocksNext: boolean;
}

/** Free memory that a comfortable run leaves to others. */
const COMFORT = 0.85;
/** Below this share of usable rows something is wrong with the data or its columns. */
const USABLE = 0.9;
const TEACHING = 0.05;

const giga = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;

export function consequenceOf(estimate: Estimate, machine: Machine): Consequence {
  const notices = [memoryNotice(estimate, machine), diskNotice(estimate, machine), ...dataNotices(estimate)].filter(
    (notice) => notice !== undefined,
  );
  const level = notices.some((n) => n.level === 'bad') ? 'bad' : notices.length > 0 ? 'warn' : 'ok';
  return { level, notices, blocksNext: level === 'bad' };
}

function memoryNotice(estimate: Estimate, { memoryTotalBytes, memoryFreeBytes }: Machine): Notice | undefined {
  const { memoryBytes, remedy } = estimate;
  if (!estimate.fits || memoryBytes > memoryTotalBytes) {
    return {
      level: 'bad',
      title: 'Will not fit',
      reason: estimate.reason ?? `It needs ${giga(memoryBytes)}; this machine has ${giga(memoryTotalBytes)}.`,
      remedy,
    };
  }
  if (memoryBytes <= memoryFreeBytes * COMFORT) return undefined;
  return {
    level: 'warn',
    title: 'Memory will be tight',
    reason: `It needs about ${giga(memoryBytes)} of the ${giga(memoryFreeBytes)} that are free: close other programs, or`,
    remedy,
  };
}

function diskNotice({ diskBytes }: Estimate, { diskFreeBytes }: Machine): Notice | undefined {
  if (diskFreeBytes === undefined || diskBytes <= diskFreeBytes * 0.95) return undefined;
  return {
    level: 'bad',
    title: 'Not enough disk space',
    reason: `It writes up to ${giga(diskBytes)}; ${giga(diskFreeBytes)} are free. Empty the trash or free some space.`,
  };
}

function* dataNotices({ rows, usableRows, longRows, supervisedShare }: Estimate): Generator<Notice> {
  if (rows !== undefined && usableRows !== undefined) {
    if (usableRows === 0) {
      yield { level: 'bad', title: 'No row can be used', reason: 'Check the format and the columns of the data set.' };
      return;
    }
    if (usableRows < rows * USABLE)
      yield {
        level: 'warn',
        title: `${(rows - usableRows).toLocaleString('en-US')} rows will be left out`,
        reason: `${usableRows.toLocaleString('en-US')} of ${rows.toLocaleString('en-US')} can be used. See the data set for why.`,
      };
  }
  if (longRows)
    yield {
      level: 'warn',
      title: `${longRows.toLocaleString('en-US')} rows will be cut`,
      reason: 'They are longer than the sequence length.',
    };
  if (supervisedShare !== undefined && supervisedShare < TEACHING)
    yield {
      level: 'warn',
      title: `Only ${(100 * supervisedShare).toFixed(1)}% of tokens teach`,
      reason: 'The answers are short beside the questions: it will learn slowly.',
    };
}
