/** Mixed precision: bits and group sizes for every part of a model, so that its files fit a size. */
import { UserError } from '../../contract/errors.ts';
import type { LinearFormat } from '../../models/graphs/quantized-linear.ts';
import { LayerWalk, type WalkOptions } from '../../models/layer-walk.ts';
import type { Model } from '../../models/model.ts';
import { type Choice, solveBudget } from './budget.ts';
import { choicesOf, type Part, partsOf, probeOf } from './parts.ts';
import { type Formats, PlainRounder } from './rounder.ts';
import type { BlockOptions } from './rtn.ts';
import { divergences } from './sensitivity.ts';
import type { ModelParts } from './write-tensors.ts';

/** Bits that are packed in the file only, and take the next larger power of two in memory. */
const PACKED: readonly number[] = [6, 5, 3];
const GROUPS = [128, 64, 32, 16];

/** What each part may become. */
function gridsFor(packed: boolean): BlockOptions[] {
  const bits = [8, 6, 5, 4, 3, 2].filter((n) => packed || !PACKED.includes(n));
  return bits.flatMap((n) =>
    GROUPS.flatMap((groupSize) =>
      (n > 4 ? [true] : [true, false]).map((symmetric) => ({ bits: n, groupSize, symmetric, halfScales: true })),
    ),
  );
}

export interface MixedPart {
  /** Modules that get the same form. */
  readonly modules: readonly string[];
  readonly bits: number;
  readonly groupSize: number;
  readonly symmetric: boolean;
  readonly bytes: number;
  /** Divergence from the source, in nats a token, when this part alone is rounded in the probe's form. */
  readonly sensitivity: number;
  /** Expected divergence in the chosen form. */
  readonly loss: number;
}

/**
 * @param budget bytes of the whole model, graph included
 * @throws UserError arguments/incompatible where even four bits in large groups are too big
 */
export async function chooseMixed(
  model: Model,
  parts: ModelParts,
  budget: number,
  text: readonly Int32Array[],
  options: WalkOptions & {
    /** Also forms that are smaller in the file than in memory. */
    readonly packed: boolean;
    readonly onPart?: (done: number, total: number) => void;
  },
): Promise<{ readonly formats: Formats; readonly parts: readonly MixedPart[] }> {
  const list = partsOf(await LayerWalk.open(model, [text[0].subarray(0, 2)], options), parts);
  const plain = new PlainRounder(model, new Map(), { method: 'rtn', damp: 0, activationOrder: false });
  const probes = list.map((part) => () => probeOf(plain, part));
  const onPart = (done: number) => options.onPart?.(done, list.length);
  const sensitivities = await divergences(model, text[0], probes, { ...options, onPart });
  const choices: Choice<BlockOptions>[][] = [];
  for (const [i, part] of list.entries())
    choices.push(await choicesOf(plain, part, sensitivities[i], gridsFor(options.packed)));
  const chosen = solveBudget(choices, budget - fixedBytes(model, list));
  if (!chosen) {
    const least = choices.reduce((sum, all) => sum + Math.min(...all.map(({ bytes }) => bytes)), 0);
    const kilobytes = Math.ceil((least + fixedBytes(model, list)) / 1e3);
    throw new UserError('arguments/incompatible', `this model needs at least ${kilobytes}kB: raise --target-size`);
  }
  const formats = new Map<string, LinearFormat>();
  list.forEach(({ modules }, i) => {
    const { bits, groupSize, symmetric } = chosen[i].form;
    for (const module of modules) {
      formats.set(module, {
        kind: 'blocks',
        bits,
        blockSize: groupSize,
        zeroPoints: !symmetric,
        scales: 'float16',
        accuracyLevel: 4,
      });
    }
  });
  const report = list.map(({ modules }, i) => {
    const { form, bytes, loss } = chosen[i];
    const { bits, groupSize, symmetric } = form;
    return { modules, bits, groupSize, symmetric, bytes, sensitivity: sensitivities[i], loss };
  });
  return { formats, parts: report };
}

/** What is not rounded, and the graph with its rotary tables. */
function fixedBytes(model: Model, list: readonly Part[]): number {
  const rounded = new Set(list.flatMap(({ modules }) => modules.map((module) => `${module}.weight`)));
  const floats = model.weightSpecs
    .filter(({ name }) => !rounded.has(name))
    .reduce((sum, { shape }) => sum + 64 + 4 * shape.reduce((a, b) => a * b, 1), 0);
  const { maxLength, headDim } = model.config;
  const tables = 4 * maxLength * headDim;
  return floats + tables + 1024 * model.weightSpecs.length;
}
