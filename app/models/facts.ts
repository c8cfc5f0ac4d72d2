/** What a list of models says of each: architecture, size, where it came from. */
import { basename } from 'node:path';
import type { LineageStep } from './lineage.ts';
import { readLineage } from './lineage.ts';
import { modelSize } from './size.ts';
import { openStored } from './stored.ts';

export interface ModelFacts {
  readonly id: string;
  readonly path: string;
  readonly architecture: string;
  readonly parameters: number;
  readonly sizeBytes: number;
  readonly bitsPerWeight: number;
  readonly contextLength: number;
  readonly vocabulary: number;
  readonly layers: number;
  readonly width: number;
  readonly source?: string;
  readonly steps: readonly LineageStep[];
}

/** @throws UserError model/*, weights/*, file/* */
export async function modelFacts(path: string, id = basename(path)): Promise<ModelFacts> {
  const { architecture, config, configJson, parameters } = await openStored(path);
  const sizeBytes = await modelSize(path);
  const { source, steps } = await readLineage(path);
  return {
    id,
    path,
    architecture: String(configJson.model_type ?? architecture.name),
    parameters,
    sizeBytes,
    bitsPerWeight: (8 * sizeBytes) / parameters,
    contextLength: config.maxLength,
    vocabulary: config.vocabulary,
    layers: config.layers,
    width: config.width,
    source,
    steps,
  };
}
