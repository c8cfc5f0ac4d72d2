/** `manifest.json` beside every export: what it is, what it was made from and how, every file's hash, every check's result. */
import { join, resolve } from 'node:path';
import { writeJsonAtomically } from '../files/atomic.ts';
import { LATHE_VERSION, readLineage } from '../models/lineage.ts';
import type { StoredModel } from '../models/stored.ts';
import type { Check } from './check.ts';
import { listFiles } from './target.ts';

export const MANIFEST_FILE = 'manifest.json';

/** Call it last: it lists the files that are there. Failed checks are listed like the others. */
export async function writeManifest(
  folder: string,
  target: string,
  model: StoredModel,
  checks: readonly Check[],
): Promise<void> {
  const { source, steps } = await readLineage(model.folder);
  await writeJsonAtomically(join(folder, MANIFEST_FILE), {
    version: 1,
    target,
    date: new Date().toISOString(),
    lathe: LATHE_VERSION,
    source: {
      folder: resolve(model.folder),
      madeFrom: source,
      architecture: String(model.configJson.model_type),
      parameters: model.parameters,
      formats: [...new Set([...model.formats.values()].map((format) => JSON.stringify(format)))].map((text) =>
        JSON.parse(text),
      ),
      steps,
    },
    passed: checks.every(({ passed }) => passed),
    checks,
    files: await listFiles(folder),
  });
}
