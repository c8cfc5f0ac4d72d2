/** What a step will cost on this machine: the engine's estimate as warnings with a way out, and whether Next is allowed. */
import type { Estimate } from '../../../app/contract/techniques.ts';
import type { Options } from '../form/values.ts';

export type Level = 'ok' | 'warn' | 'bad';

export interface Remedy {
  readonly label: string;
  readonly options: Options;
  /** "6.0 GB": what it would need instead. */
  readonly cost?: string;
}

export interface Notice {
  readonly level: 'warn' | 'bad';
  readonly title: string;
  readonly reason: string;
  readonly remedies: readonly Remedy[];
}

export interface Consequence {
  readonly level: Level;
  readonly notices: readonly Notice[];
  /** Red: the job would fail or take the machine down. */
  readonly blocksNext: boolean;
}

/** Below this share of usable rows something is wrong with the data or its columns. */
const USABLE = 0.9;
const TEACHING = 0.05;
/** From this share of cut texts on it is worth a word. */
const CUT = 0.005;

const giga = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;

export function consequenceOf(estimate: Estimate): Consequence {
  const notices = [fitNotice(estimate), diskNotice(estimate), ...dataNotices(estimate)].filter(
    (notice) => notice !== undefined,
  );
  const level = notices.some((n) => n.level === 'bad') ? 'bad' : notices.length > 0 ? 'warn' : 'ok';
  return { level, notices, blocksNext: level === 'bad' };
}

function fitNotice({ fits, reason, remedies, memoryBytes, memoryAvailableBytes }: Estimate): Notice | undefined {
  if (fits === 'yes') return undefined;
  const figures = `It needs about ${giga(memoryBytes)} of the ${giga(memoryAvailableBytes)} that are free.`;
  return {
    level: fits === 'no' ? 'bad' : 'warn',
    title:
      fits === 'tight' ? 'Memory will be tight' : memoryBytes > memoryAvailableBytes ? 'Will not fit' : 'Will not work',
    reason: reason ?? figures,
    remedies: remedies.map((remedy) => ({
      label: remedy.label,
      options: remedy.options,
      ...(memoryBytes > memoryAvailableBytes || fits === 'tight' ? { cost: giga(remedy.memoryBytes) } : {}),
    })),
  };
}

function diskNotice({ diskBytes, diskFreeBytes }: Estimate): Notice | undefined {
  if (diskBytes <= diskFreeBytes * 0.95) return undefined;
  return {
    level: 'bad',
    title: 'Not enough disk space',
    reason: `It writes up to ${giga(diskBytes)}; ${giga(diskFreeBytes)} are free. Empty the trash or free some space.`,
    remedies: [],
  };
}

function* dataNotices({ rows, usableRows, supervisedShare, cut, fits }: Estimate): Generator<Notice> {
  if (rows !== undefined && usableRows !== undefined) {
    if (usableRows === 0 && fits !== 'no') {
      const reason = 'Check the format and the columns of the data set.';
      yield { level: 'bad', title: 'No row can be used', reason, remedies: [] };
      return;
    }
    if (usableRows < rows * USABLE)
      yield {
        level: 'warn',
        title: `${(rows - usableRows).toLocaleString('en-US')} rows will be left out`,
        reason: `${usableRows.toLocaleString('en-US')} of ${rows.toLocaleString('en-US')} can be used. The data set's page says why.`,
        remedies: [],
      };
  }
  if (cut !== undefined && cut.share >= CUT)
    yield {
      level: 'warn',
      title: `${cut.share < 0.01 ? 'Some' : `About ${(100 * cut.share).toFixed(0)}%`} of the texts are cut`,
      reason: `Of each text ${cut.length.toLocaleString('en-US')} tokens are read; what comes after is not seen.`,
      remedies: [],
    };
  if (supervisedShare !== undefined && supervisedShare < TEACHING)
    yield {
      level: 'warn',
      title: `Only ${(100 * supervisedShare).toFixed(1)}% of tokens teach`,
      reason: 'The answers are short beside the questions: it will learn slowly.',
      remedies: [],
    };
}
