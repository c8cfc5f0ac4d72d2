/** `lathe.json`: where a model folder came from, what was done to it, and what was measured. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeJsonAtomically } from '../files/atomic.ts';

export const LINEAGE_FILE = 'lathe.json';
export const LATHE_VERSION = '0.1.0';

const stepSchema = z.looseObject({
  technique: z.string(),
  options: z.record(z.string(), z.unknown()).default({}),
  date: z.string(),
  versions: z.record(z.string(), z.string()).default({}),
});

const lineageSchema = z.looseObject({
  version: z.literal(1),
  /** The folder, file or hub id that the first step began with. */
  source: z.string().optional(),
  steps: z.array(stepSchema).default([]),
});
export type Lineage = z.infer<typeof lineageSchema>;
export type LineageStep = z.infer<typeof stepSchema>;

/** The lineage of a model folder; one that another program made begins here. */
export async function readLineage(folder: string): Promise<Lineage> {
  const text = await readFile(join(folder, LINEAGE_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return { version: 1, source: folder, steps: [] };
  try {
    return lineageSchema.parse(JSON.parse(text));
  } catch {
    // The file only tells a story: a model with a damaged one still works.
    return { version: 1, source: folder, steps: [] };
  }
}

export function nextStep(technique: string, options: Readonly<Record<string, unknown>>): LineageStep {
  return {
    technique,
    options: { ...options },
    date: new Date().toISOString(),
    versions: { lathe: LATHE_VERSION, node: process.versions.node },
  };
}

export const withStep = (lineage: Lineage, step: LineageStep): Lineage => ({
  ...lineage,
  steps: [...lineage.steps, step],
});

/** Adds measurements to the last step of a folder's lineage. */
export async function recordReport(folder: string, report: Readonly<Record<string, unknown>>): Promise<void> {
  const { steps, ...lineage } = await readLineage(folder);
  const last = steps.at(-1);
  if (!last) return;
  await writeJsonAtomically(join(folder, LINEAGE_FILE), {
    ...lineage,
    steps: [...steps.slice(0, -1), { ...last, ...report }],
  });
}
