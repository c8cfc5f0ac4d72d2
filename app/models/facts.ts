/** What a list of models says of each: architecture, size, where it came from. */
import { basename } from 'node:path';
import { openOnnx } from '../onnx/open.ts';
import type { LineageStep } from './lineage.ts';
import { readLineage } from './lineage.ts';
import { companionsOf, findOnnx, type OnnxFacts, onnxConfig, onnxFacts } from './onnx-folder.ts';
import { modelSize } from './size.ts';
import { openStored } from './stored.ts';

export interface ModelFacts {
  readonly id: string;
  readonly path: string;
  readonly architecture: string;
  readonly parameters: number;
  readonly sizeBytes: number;
  readonly bitsPerWeight: number;
  /** These four are 0 where an ONNX model does not say. */
  readonly contextLength: number;
  readonly vocabulary: number;
  readonly layers: number;
  readonly width: number;
  readonly source?: string;
  readonly steps: readonly LineageStep[];
}

/** @throws UserError model/*, weights/*, file/* */
export async function modelFacts(path: string, id = basename(path)): Promise<ModelFacts> {
  const what = await describeStored(path);
  const sizeBytes = await modelSize(path);
  const { source, steps } = await readLineage(path);
  const bitsPerWeight = what.parameters > 0 ? (8 * sizeBytes) / what.parameters : 0;
  return { id, path, ...what, sizeBytes, bitsPerWeight, source, steps };
}

async function describeStored(path: string): Promise<OnnxFacts> {
  const onnx = await findOnnx(path);
  if (onnx.length > 0) {
    const models = await Promise.all(onnx.map((file) => openOnnx(file)));
    return onnxFacts(models, await onnxConfig(await companionsOf(onnx[0])));
  }
  const { architecture, config, configJson, parameters } = await openStored(path);
  return {
    architecture: String(configJson.model_type ?? architecture.name),
    parameters,
    contextLength: config.maxLength,
    vocabulary: config.vocabulary,
    layers: config.layers,
    width: config.width,
  };
}
