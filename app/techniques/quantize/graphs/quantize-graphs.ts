/** int8 for whole graphs: imported ONNX models of any kind, encoders and classifiers. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../../contract/errors.ts';
import { assertReplaceable, writeFolderAtomically, writeJsonAtomically } from '../../../files/atomic.ts';
import { LINEAGE_FILE, nextStep, readLineage, withStep } from '../../../models/lineage.ts';
import { companionsOf, onnxConfig, onnxFacts } from '../../../models/onnx-folder.ts';
import { copyCompanions } from '../../../models/write-folder.ts';
import { encodeModel, placeInFiles } from '../../../onnx/encode.ts';
import { openOnnx } from '../../../onnx/open.ts';
import { writeOnnx } from '../../../onnx/write.ts';
import { openSession } from '../../../runtime/open.ts';
import type { Graph } from '../../../tensor/graph.ts';
import type { QuantizeOptions } from '../schema.ts';
import type { ActivationOptions, Feeds } from './activations.ts';
import { type Comparison, compareGraphs } from './compare.ts';
import { dynamicGraph } from './dynamic-graph.ts';
import { feedsFor } from './feeds.ts';
import { smoothGraph } from './smooth-graph.ts';
import { measureRanges, staticGraph } from './static-graph.ts';
import { findTargets, type LeftNode } from './targets.ts';

export interface GraphsContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Text, data set or safetensors with the inputs: calibrates, and is what source and result are compared on. */
  readonly data?: string;
  readonly format?: string;
}

export interface QuantizedGraph {
  readonly file: string;
  /** Nodes that compute in int8 now, by operator. */
  readonly quantized: Readonly<Record<string, number>>;
  /** Nodes with weights that stay in float32, and why. */
  readonly left: readonly LeftNode[];
  /** Absent where there was nothing to feed the graph with. */
  readonly comparison?: Comparison;
}

/** Most tokens of text that ranges come from. */
const TOKENS = 4096;
/** Examples that outputs are compared on. */
const COMPARED = 16;

/**
 * Writes a folder with the graphs in int8 beside configuration and tokenizer.
 * @param files ONNX files of one model
 * @throws UserError arguments/incompatible (another method, nothing to quantize, no calibration data), onnx/*, disk/full
 */
export async function quantizeGraphs(
  files: readonly string[],
  out: string,
  options: QuantizeOptions,
  context: GraphsContext,
): Promise<{ readonly model: string; readonly graphs: readonly QuantizedGraph[] }> {
  if (options.method !== 'dynamic' && options.method !== 'static') {
    throw new UserError('arguments/incompatible', `a graph takes --method dynamic or static, not ${options.method}`);
  }
  await assertReplaceable(out);
  const companions = await companionsOf(files[0]);
  const graphs: QuantizedGraph[] = [];
  await writeFolderAtomically(out, async (folder) => {
    await copyCompanions(companions, folder);
    for (const file of files) {
      graphs.push(await quantizeFile(file, join(folder, 'onnx', basename(file)), companions, options, context));
    }
    const lineage = await readLineage(companions);
    await writeJsonAtomically(join(folder, LINEAGE_FILE), withStep(lineage, nextStep('quantize', options)));
  });
  return { model: resolve(out), graphs };
}

async function quantizeFile(
  file: string,
  target: string,
  companions: string,
  options: QuantizeOptions,
  context: GraphsContext,
): Promise<QuantizedGraph> {
  const model = await openOnnx(file);
  let { graph } = model;
  let { targets, left } = findTargets(graph);
  if (targets.length === 0) {
    throw new UserError('arguments/incompatible', `${file} has no products or convolutions with constant weights`);
  }
  const { contextLength } = onnxFacts([model], await onnxConfig(companions));
  const feeds = await feedsFor(graph, {
    file: context.data,
    format: context.format,
    folder: companions,
    longest: contextLength || 512,
    tokens: Math.min(options.calibrationTokens, TOKENS),
  });
  const dataFolder = dirname(resolve(file));
  const running: ActivationOptions = {
    threads: context.threads,
    signal: context.signal,
    dataFolder,
    encode: (wider) => encodeModel(wider, { place: placeInFiles(dataFolder) }),
  };
  if (options.smooth !== undefined) {
    if (!feeds)
      throw new UserError('arguments/incompatible', 'smoothing needs data: a safetensors file with the inputs');
    graph = await smoothGraph(graph, targets, feeds, options.smooth, running);
    ({ targets, left } = findTargets(graph));
  }
  const result =
    options.method === 'dynamic'
      ? await dynamicGraph(graph, targets)
      : await withRanges(graph, targets, feeds, options, running);
  await writeOnnx({ ...model, graph: result }, target);
  const quantized: Record<string, number> = {};
  for (const { node } of targets) quantized[node.op] = (quantized[node.op] ?? 0) + 1;
  const common = { file: basename(file), quantized, left };
  return feeds
    ? { ...common, comparison: await compareFiles(file, target, feeds.slice(0, COMPARED), context) }
    : common;
}

async function withRanges(
  graph: Graph,
  targets: ReturnType<typeof findTargets>['targets'],
  feeds: readonly Feeds[] | undefined,
  options: QuantizeOptions,
  running: ActivationOptions,
): Promise<Graph> {
  if (!feeds) {
    throw new UserError('arguments/incompatible', 'static int8 needs data: a safetensors file with the inputs');
  }
  const ranges = await measureRanges(graph, targets, feeds, {
    ...running,
    method: options.ranges,
  });
  return staticGraph(graph, targets, ranges);
}

/** Two files on the same inputs. */
export async function compareFiles(
  source: string,
  result: string,
  feeds: readonly Feeds[],
  { threads, signal }: GraphsContext,
) {
  const open = async (file: string) =>
    openSession(await readFile(file), { threads, dataFolder: dirname(resolve(file)) });
  const sessions = [await open(source), await open(result)];
  try {
    return await compareGraphs(sessions[0], sessions[1], feeds, signal);
  } finally {
    for (const session of sessions) session.dispose();
  }
}
