/** Encoders and classifiers for transformers.js: float32, and int8 that quantizes activations as they come. */
import { dirname, join } from 'node:path';
import type { StoredModel } from '../models/stored.ts';
import { openOnnx } from '../onnx/open.ts';
import { writeOnnx } from '../onnx/write.ts';
import { dynamicGraph } from '../techniques/quantize/graphs/dynamic-graph.ts';
import { findTargets } from '../techniques/quantize/graphs/targets.ts';
import type { Check } from './check.ts';
import type { ExportOptions } from './target.ts';
import { type Dtype, SUFFIXES } from './transformers-js-texts.ts';
import { compareFiles, writeWholeOnnx } from './whole.ts';

export interface Variants {
  readonly dtypes: readonly Dtype[];
  readonly checks: readonly Check[];
}

/** Of the largest value: rounding to 8 bits in every layer, where a wrong graph is off by as much as the values are. */
const ROUNDING = 0.2;

export async function writeWholeVariants(
  model: StoredModel,
  folder: string,
  options: ExportOptions,
): Promise<Variants> {
  const checks = await writeWholeOnnx(model, folder, options);
  const path = join(folder, 'onnx', 'model.onnx');
  const opened = await openOnnx(path);
  const { targets } = findTargets(opened.graph);
  const quantized = join(dirname(path), `model${SUFFIXES.q8}.onnx`);
  await writeOnnx({ ...opened, graph: await dynamicGraph(opened.graph, targets) }, quantized);
  const same = await compareFiles(model, [path, quantized], ROUNDING, options);
  return {
    dtypes: ['fp32', 'q8'],
    checks: [...checks, ...same.map((check) => ({ ...check, name: `model_quantized.onnx: ${check.name}` }))],
  };
}
