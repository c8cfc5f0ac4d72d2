/** Encoders and classifiers for transformers.js: float32, float16, int8 that quantizes activations as they come, 4 bits, 4 with 16 between. */
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { StoredModel } from '../models/stored.ts';
import { openOnnx } from '../onnx/open.ts';
import { writeOnnx } from '../onnx/write.ts';
import { dynamicGraph } from '../techniques/quantize/graphs/dynamic-graph.ts';
import { findTargets } from '../techniques/quantize/graphs/targets.ts';
import type { Graph } from '../tensor/graph.ts';
import type { Check } from './check.ts';
import { halfGraph } from './half-graph.ts';
import { fourBitGraph, halvedGraph } from './smaller-graphs.ts';
import type { ExportOptions } from './target.ts';
import { type Dtype, SUFFIXES } from './transformers-js-texts.ts';
import { compareFiles, writeWholeOnnx } from './whole.ts';

export interface Variants {
  readonly dtypes: readonly Dtype[];
  readonly checks: readonly Check[];
}

interface Smaller {
  readonly graph: Graph;
  /** What it must be like; absent: the float32. */
  readonly rounded?: Graph;
}

const SMALLER: Readonly<Record<'fp16' | 'q8' | 'q4' | 'q4f16', (graph: Graph) => Promise<Smaller>>> = {
  fp16: async (graph) => ({ graph: await halvedGraph(graph) }),
  q8: async (graph) => ({ graph: await dynamicGraph(graph, findTargets(graph).targets) }),
  q4: fourBitGraph,
  // What is between the products is computed in 16 bits too: for GPUs.
  q4f16: async (graph) => {
    const { graph: four, rounded } = await fourBitGraph(graph);
    return { graph: await halfGraph(four), rounded };
  },
};

/** Of the largest value: rounding to 8 bits in every layer, where a wrong graph is off by as much as the values are. */
const ROUNDING = 0.2;
const TOLERANCES = { fp16: 0.01, q8: ROUNDING, q4: ROUNDING, q4f16: ROUNDING };

export async function writeWholeVariants(
  model: StoredModel,
  folder: string,
  options: ExportOptions,
): Promise<Variants> {
  const checks: Check[] = await writeWholeOnnx(model, folder, options);
  const path = join(folder, 'onnx', 'model.onnx');
  const opened = await openOnnx(path);
  for (const dtype of ['fp16', 'q8', 'q4', 'q4f16'] as const) {
    options.signal?.throwIfAborted();
    const file = join(dirname(path), `model${SUFFIXES[dtype]}.onnx`);
    const { graph, rounded } = await SMALLER[dtype](opened.graph);
    await writeOnnx({ ...opened, graph }, file);
    const right = rounded ? join(folder, 'rounded', 'model.onnx') : path;
    try {
      if (rounded) {
        await mkdir(dirname(right));
        await writeOnnx({ ...opened, graph: rounded }, right);
      }
      const same = await compareFiles(model, [right, file], TOLERANCES[dtype], options);
      checks.push(...same.map((check) => ({ ...check, name: `${basename(file)}: ${check.name}` })));
    } finally {
      if (rounded) await rm(dirname(right), { recursive: true, force: true });
    }
  }
  return { dtypes: ['fp32', 'fp16', 'q8', 'q4', 'q4f16'], checks };
}
