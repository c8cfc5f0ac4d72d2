/** A model as it lies on disk, float or quantized: architecture, weights under their stored names, their formats. */
import type { ExternalTensor } from '../tensor/graph.ts';
import type { Described } from './architectures/index.ts';
import type { LinearFormat } from './graphs/quantized-linear.ts';
import { isQuantized, openModel } from './model.ts';
import { openQuantized } from './quantized-folder.ts';

export interface StoredModel extends Described {
  readonly folder: string;
  readonly configJson: Readonly<Record<string, unknown>>;
  readonly weights: ReadonlyMap<string, ExternalTensor>;
  /** Modules whose weights are not floating-point matrices. */
  readonly formats: ReadonlyMap<string, LinearFormat>;
  readonly parameters: number;
}

/** Opens a folder with float weights, or one that `lathe quantize` wrote. */
export async function openStored(folder: string): Promise<StoredModel> {
  if (await isQuantized(folder)) return openQuantized(folder);
  return { ...(await openModel(folder)), formats: new Map() };
}
