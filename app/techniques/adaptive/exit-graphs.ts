/** The graphs of an adaptive classifier with their weights inside: all exits at once, one layer fixed, or stopping by itself. */

import { buildExitGraph, exitLogits, haltedName } from '../../models/graphs/exit-graph.ts';
import { BATCH } from '../../models/graphs/token-grid.ts';
import { withoutUnread } from '../../models/graphs/unread.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { fuse } from '../../onnx/fusions/index.ts';
import { standardProducts } from '../../onnx/standard-products.ts';
import { GraphBuilder, prune } from '../../tensor/builder.ts';
import type { Constant, Graph, Value } from '../../tensor/graph.ts';
import { known } from '../../tensor/graph.ts';
import { lower } from '../../tensor/lower.ts';
import { nestStages, type Stage } from '../../tensor/nest.ts';
import { float32, tensor } from '../../tensor/tensor.ts';
import type { Values } from './exit-training.ts';

/** Rotary and position tables of longer contexts would be larger than small models. */
const LONGEST = 8192;

export interface FlatExits {
  readonly graph: Graph;
  readonly layers: number;
  readonly labels: number;
}

/**
 * All exits: input_ids, attention_mask, maybe token_type_ids in; logits.<layer> (and pooled.<layer>) out.
 * @param values of every weight
 */
export async function flatExits(
  model: Model,
  labels: number,
  values: (name: string) => Promise<Float32Array> | Float32Array,
  options: { readonly pooled?: boolean; readonly halting?: boolean } = {},
): Promise<FlatExits> {
  const maxLength = Math.min(model.config.maxLength, LONGEST);
  const { graph, weights } = buildExitGraph(model, { maxLength, labels, ...options });
  const constants = new Map<string, Constant>(graph.constants);
  for (const { name, shape } of weights) constants.set(name, tensor('float32', shape, await values(name)));
  const whole = { ...graph, inputs: graph.inputs.filter(({ name }) => !constants.has(name)), constants };
  return { graph: standardProducts(fuse(lower(whole))), layers: model.config.layers, labels };
}

/** The plain model that ends after one layer: logits [batch, labels]. */
export function fixedExit({ graph }: FlatExits, layer: number): Graph {
  const outputs = graph.outputs.filter(({ name }) => name === exitLogits(layer));
  return withoutUnread(prune({ ...graph, outputs }));
}

export type ExitRule =
  /** Temperatures of all exits but the last. */
  | { readonly kind: 'confidence'; readonly temperatures: readonly number[] }
  | { readonly kind: 'patience' }
  /** What halting units have come to. */
  | { readonly kind: 'halting' };

/** Every layer but the last. */
export const allExits = ({ layers }: Pick<FlatExits, 'layers'>): number[] =>
  Array.from({ length: layers - 1 }, (_, i) => i + 1);

/** Where the exported model keeps its thresholds: an input that need not be given, and in JavaScript's runtimes cannot be. */
export const THRESHOLDS = 'thresholds';

/**
 * One graph that stops by itself. Inputs: input_ids, attention_mask int64 [batch, length], maybe token_type_ids, and
 * thresholds float32 [layers - 1], which has default values. Outputs: logits float32 [batch, labels], exit_layer int64 [1].
 * A batch stops where all its rows may.
 * @param exits layers after which it may stop at all; thresholds of others are not read
 */
export function adaptiveGraph(
  flat: FlatExits,
  rule: ExitRule,
  thresholds: readonly number[],
  exits: readonly number[] = allExits(flat),
): Graph {
  const { layers, labels } = flat;
  const g = new GraphBuilder({
    ...flat.graph,
    outputs: flat.graph.outputs.filter(({ name }) => /^logits\./.test(name)),
  });
  const given = g.input(THRESHOLDS, 'float32', [layers - 1]);
  const limits = layers > 2 ? g.split(given, new Array<number>(layers - 1).fill(1), 0) : [given];
  const logits = Array.from({ length: layers }, (_, i) =>
    known(flat.graph.outputs.find(({ name }) => name === exitLogits(i + 1))),
  );
  const halted = (exit: number) => known(flat.graph.outputs.find(({ name }) => name === haltedName(exit + 1)));
  const scores = scoresOf(g, logits, rule, halted);
  const places = [...exits.map((layer) => layer - 1), layers - 1];
  const stages: Stage[] = places.map((i) => {
    const z = logits[i];
    const layer = g.constant(tensor('int64', [1], BigInt64Array.of(BigInt(i + 1))), `layer.${i + 1}`);
    g.output(layer);
    const results = [z.name, layer.name];
    if (i === layers - 1) return { results };
    const done = g.op('Greater', [scores[i], limits[i]]);
    g.output(done);
    return { done: done.name, results };
  });
  const outputs: Value[] = [
    { name: 'logits', dtype: 'float32', shape: [BATCH, labels] },
    { name: 'exit_layer', dtype: 'int64', shape: [1] },
  ];
  const nested = nestStages(g.build('adaptive'), stages, outputs);
  // A constant behind an input of the same name is its default value.
  const constants = new Map([...nested.constants, [THRESHOLDS, float32([layers - 1], thresholds)] as const]);
  return Object.freeze({ ...nested, constants });
}

/** How sure each exit but the last is of the row that it is least sure of: float32 []. */
function scoresOf(g: GraphBuilder, logits: readonly Value[], rule: ExitRule, halted: (exit: number) => Value): Value[] {
  const least = (x: Value) => g.op('ReduceMin', [x], { keepdims: 0 });
  const exits = logits.slice(0, -1);
  if (rule.kind === 'confidence') {
    return exits.map((z, i) => least(g.reduceMax(g.softmax(g.scale(z, 1 / rule.temperatures[i])), [1], false)));
  }
  if (rule.kind === 'halting') return exits.map((_, i) => least(halted(i)));
  const answers = exits.map((z) => g.op('ArgMax', [z], { axis: 1, keepdims: 0 }));
  let run = g.cast(g.mul(answers[0], g.scalar(0, 'int64')), 'float32');
  return exits.map((_, i) => {
    if (i > 0) {
      const same = g.cast(g.op('Equal', [answers[i], answers[i - 1]]), 'float32');
      run = g.mul(same, g.add(run, g.scalar(1)));
    }
    return least(g.scale(run, 1 / logits.length));
  });
}

/** Values of every weight: the trained ones, else those of the model's files. */
export const weightsOf =
  (model: Model, trained: Values) =>
  async (name: string): Promise<Float32Array> =>
    trained.get(name) ?? (await readFloats(model.weights.get(name)!));
