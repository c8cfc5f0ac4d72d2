/** The README.md of a model folder: where it came from, what was done, what was measured. */
import { basename, join } from 'node:path';
import { writeFileAtomically } from '../files/atomic.ts';
import { type LineageStep, readLineage } from '../models/lineage.ts';

const MEASURES: readonly (readonly [string, string, (value: number) => string])[] = [
  ['perplexity', 'Perplexity', (value) => value.toPrecision(4)],
  ['sizeBytes', 'Size, MB', (value) => (value / 1e6).toFixed(1)],
  ['peakMemoryBytes', 'Peak memory, MB', (value) => (value / 1e6).toFixed(0)],
  ['prefillTokensPerSecond', 'Prefill, tokens/s', (value) => value.toFixed(0)],
  ['decodeTokensPerSecond', 'Decode, tokens/s', (value) => value.toFixed(1)],
  ['timeToFirstTokenMs', 'Time to first token, ms', (value) => value.toFixed(0)],
];

function measurements({ before, after }: LineageStep): string[] {
  if (typeof before !== 'object' || typeof after !== 'object' || !before || !after) return [];
  const [old, fresh] = [before, after] as Record<string, unknown>[];
  const rows = MEASURES.flatMap(([key, title, format]) => {
    const [a, b] = [old[key], fresh[key]];
    return typeof a === 'number' && typeof b === 'number' ? [`| ${title} | ${format(a)} | ${format(b)} |`] : [];
  });
  return rows.length > 0
    ? ['', '| measured on the machine that made it | before | after |', '| --- | ---: | ---: |', ...rows]
    : [];
}

const settingsOf = ({ options }: LineageStep): string =>
  Object.entries(options)
    .filter(([, value]) => value !== undefined && typeof value !== 'object')
    .map(([key, value]) => `\`${key}: ${String(value)}\``)
    .join(', ');

/** @throws UserError disk/full, file/not-allowed */
export async function writeModelCard(folder: string): Promise<void> {
  const { source, steps } = await readLineage(folder);
  const lines = [
    `# ${basename(folder)}`,
    '',
    `Made with Lathe from \`${source ?? 'an unknown source'}\` in ${steps.length} step${steps.length === 1 ? '' : 's'}.`,
    'The licences of the source model and of the data apply.',
  ];
  steps.forEach((step, i) => {
    lines.push('', `## ${i + 1}. ${step.technique}`, '', settingsOf(step), ...measurements(step));
    const versions = Object.entries(step.versions).map(([name, version]) => `${name} ${version}`);
    lines.push('', `${step.date.slice(0, 10)}, ${versions.join(', ')}.`);
  });
  await writeFileAtomically(join(folder, 'README.md'), `${lines.join('\n')}\n`);
}
