/** Everything that the library's index keeps of a model folder, read from the folder. */
import { stat } from 'node:fs/promises';
import { UserError } from '../contract/errors.ts';
import type { Measurements } from '../contract/measurements.ts';
import { readLineage } from '../models/lineage.ts';
import { modelSize } from '../models/size.ts';
import { storageFormat } from '../models/storage-format.ts';
import { openStored } from '../models/stored.ts';
import type { ModelRecord } from '../store/models.ts';

/** @param path a folder of the library @throws nothing that is the folder's fault: that becomes `problem` */
export async function indexedFacts(id: string, path: string): Promise<ModelRecord> {
  const { mtimeMs, birthtimeMs } = await stat(path);
  const { source, steps } = await readLineage(path);
  const base = {
    id,
    name: id,
    path,
    technique: steps.at(-1)?.technique,
    lineage: [source ?? path, ...steps.map(({ date }) => date)],
    addedAt: Math.round(birthtimeMs || mtimeMs),
    folderTime: mtimeMs,
    measured: steps.findLast((step) => step.after)?.after as Measurements | undefined,
  };
  try {
    const stored = await openStored(path);
    const sizeBytes = await modelSize(path);
    return {
      ...base,
      architecture: String(stored.configJson.model_type ?? stored.architecture.name),
      parameters: stored.parameters,
      sizeBytes,
      bitsPerWeight: (8 * sizeBytes) / stored.parameters,
      format: storageFormat(stored),
      contextLength: stored.config.maxLength,
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { code, message, hint } = error;
    const empty = { architecture: 'unknown', parameters: 0, bitsPerWeight: 0, format: 'unknown', contextLength: 0 };
    return { ...base, ...empty, sizeBytes: await modelSize(path), problem: { code, message, hint } };
  }
}
