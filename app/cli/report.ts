/** The measured report before and after a step, for the JSON and for people. */
import type { Measurement, MeasureRequest } from '../profile/measure.ts';
import type { CommandContext } from './command.ts';

export interface Report {
  readonly perplexity?: number;
  readonly sizeBytes: number;
  readonly peakMemoryBytes: number;
  readonly prefillTokensPerSecond?: number;
  readonly decodeTokensPerSecond?: number;
  readonly timeToFirstTokenMs?: number;
  readonly loadMs: number;
  readonly [more: string]: unknown;
}

/** Contexts that before/after reports are measured at: prefill at the longer, decoding at the shorter. */
const CONTEXTS = [64, 512];

export async function measureReport(
  label: string,
  model: string,
  quality: MeasureRequest['quality'],
  { threads, signal, progress }: CommandContext,
): Promise<Report> {
  const { measureModel } = await import('../profile/measure.ts');
  const bar = progress(label, 100, '%');
  const onProgress = (what: string, done: number, total: number) => bar.update(Math.round((100 * done) / total), what);
  try {
    return reportOf(
      await measureModel({ model, threads, contexts: CONTEXTS, repeat: 3, quality }, { signal, onProgress }),
    );
  } finally {
    bar.end();
  }
}

function reportOf({ operators, ...measured }: Measurement): Report {
  return { ...measured };
}

const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const rate = (value: number): string => `${value < 100 ? value.toFixed(1) : Math.round(value)} tokens/s`;

const ROWS: readonly (readonly [string, keyof Report, (value: number) => string])[] = [
  ['perplexity', 'perplexity', (value) => value.toPrecision(4)],
  ['exact match', 'exactMatch', (value) => `${(100 * value).toFixed(1)} %`],
  ['token F1', 'tokenF1', (value) => `${(100 * value).toFixed(1)} %`],
  ['BLEU', 'bleu', (value) => value.toFixed(1)],
  ['chrF', 'chrf', (value) => value.toFixed(1)],
  ['chrF++', 'chrf++', (value) => value.toFixed(1)],
  ['size', 'sizeBytes', mega],
  ['peak memory', 'peakMemoryBytes', mega],
  ['load', 'loadMs', (value) => `${Math.round(value)} ms`],
  ['prefill', 'prefillTokensPerSecond', rate],
  ['decode', 'decodeTokensPerSecond', rate],
  ['first token', 'timeToFirstTokenMs', (value) => `${Math.round(value)} ms`],
];

/** Columns of reports side by side; the last column is the ratio of the last report to the first. */
export function reportTable(reports: readonly (readonly [string, Report])[]): string {
  const head = ['', ...reports.map(([name]) => name), ...(reports.length > 1 ? ['ratio'] : [])];
  const rows = ROWS.flatMap(([title, key, format]) => {
    const values = reports.map(([, report]) => report[key] as number | undefined);
    if (values.every((value) => value === undefined)) return [];
    const cells = values.map((value) => (value === undefined ? '–' : format(value)));
    const [first, last] = [values[0], values.at(-1)];
    if (reports.length > 1) cells.push(first && last ? `${(last / first).toFixed(2)}x` : '–');
    return [[title, ...cells]];
  });
  return table([head, ...rows]);
}

/** Aligned text columns: the first to the left, numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
    .join('\n');
}
