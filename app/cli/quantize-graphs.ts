/** int8 for what is no text generator: ONNX graphs as they are, encoders and classifiers as the graphs that they export. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Model, openModel } from '../models/model.ts';
import { findOnnx } from '../models/onnx-folder.ts';
import { modelSize } from '../models/size.ts';
import { readFloats } from '../models/weights/constants.ts';
import { copyCompanions } from '../models/write-folder.ts';
import { writeWholeModel } from '../models/write-whole-onnx.ts';
import { quantizeGraphs } from '../techniques/quantize/graphs/quantize-graphs.ts';
import type { QuantizeOptions } from '../techniques/quantize/schema.ts';
import type { CommandContext } from './command.ts';
import type { GraphsResult } from './quantized-graphs-report.ts';

export interface GraphData {
  readonly data?: string;
  readonly format?: string;
}

/** Undefined for a model that continues texts, whose layers are quantized one by one, and for halves of weights, which any folder can hold. */
export async function quantizeWhole(
  path: string,
  out: string,
  options: QuantizeOptions,
  data: GraphData,
  { threads, signal }: CommandContext,
): Promise<GraphsResult | undefined> {
  const run = async (files: readonly string[]): Promise<GraphsResult> => {
    const result = await quantizeGraphs(files, out, options, { ...data, threads, signal });
    return { ...result, sizeBytesBefore: await modelSize(path), sizeBytesAfter: await modelSize(result.model) };
  };
  const files = await findOnnx(path);
  if (files.length > 0) return run(files);
  const model = await openModel(path);
  if (!isWhole(model) || options.method === 'float16') return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'lathe-graph-'));
  try {
    await copyCompanions(model.folder, folder);
    return await run([await writeWholeModel(folder, model, (name) => readFloats(model.weights.get(name)!))]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Read by one graph: an encoder, or a classifier. */
export const isWhole = ({ architecture, task }: Model): boolean => architecture.kind === 'encoder' || 'labels' in task;
