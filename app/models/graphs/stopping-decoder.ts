/**
 * A decoder that stops by itself, as one graph of standard branches: sure of its exit it leaves the layers above to a later
 * step, sure of the short list it leaves the vocabulary's head. What was left is an output that the next step takes back
 * (lazy catch-up), so keys and values are those of the whole model.
 */
import { fuse } from '../../onnx/fusions/index.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { graft } from '../../tensor/graft.ts';
import { type Graph, known, type Value } from '../../tensor/graph.ts';
import { lower } from '../../tensor/lower.ts';
import { nestStages, type Stage } from '../../tensor/nest.ts';
import { float32, tensor } from '../../tensor/tensor.ts';
import type { CacheKitOptions } from './cache-kit.ts';
import {
  buildExitMap,
  buildFullHead,
  buildListHead,
  buildLowerPart,
  buildUpperPart,
  type ExitMap,
  unitRms,
} from './decoding-parts.ts';
import type { HeadSource, ListHead } from './list-head.ts';

/** What `answered` says: who gave the token. */
export const ANSWERED = ['exit', 'shortlist', 'full'] as const;

export interface StoppingExit {
  readonly layer: number;
  readonly map: ExitMap;
  readonly gate: { readonly weight: Float32Array; readonly bias: number };
}

export interface StoppingParts {
  /** Absent: all layers run for every token, and only the heads are tried in turn. */
  readonly exit?: StoppingExit;
  readonly list: ListHead;
  /** Default values of the input: what the confidence of the exit and of the short list, and the gate's score, must be above. */
  readonly thresholds: readonly [exit: number, shortlist: number, gate: number];
}

/**
 * One sequence, greedily. Inputs: input_ids int64 [1, length]; past_key_values.<l>.key|value [1, kv heads, past, head dim], in
 * layers from the exit on [1, kv heads, above, head dim]; with an exit pending float32 [1, waiting, width] (at first of no
 * tokens; past = above + waiting); thresholds float32 [3], which has default values. Outputs: token int64 [1], what follows
 * the last of the ids; answered int64 [1], an index of `ANSWERED`; present.<l>.key|value; with an exit next_pending.
 */
export function buildStoppingDecoder(model: HeadSource, parts: StoppingParts, options: CacheKitOptions): Graph {
  const { exit, list } = parts;
  const { width } = model.config;
  const upper = ready(buildUpperPart(model, exit?.layer ?? 0, options));
  const below = exit && ready(buildLowerPart(model, exit.layer, options));

  const g = new GraphBuilder();
  const ids = g.input('input_ids', 'int64', [1, 'length']);
  const caches = { ...cachesOf(g, below, 'past'), ...cachesOf(g, upper, exit ? 'above' : 'past') };
  const limits = g.input('thresholds', 'float32', [3]);
  const isAbove = (score: Value, i: number) =>
    g.op('Greater', [g.squeeze(score, [0]), g.gather(limits, g.scalar(i, 'int64'))]);
  const given = { ...caches, ...lengthsOf(g, ids, Object.values(caches)[0]), input_ids: ids };
  const ask = asking(g, model, list);
  const stages: Stage[] = [];
  /** @param kept keys and values of the layers above, and what waits for them */
  const answer = (kind: (typeof ANSWERED)[number], token: Value, kept: readonly Value[], done?: Value) => {
    const code = tensor('int64', [1], BigInt64Array.of(BigInt(ANSWERED.indexOf(kind))));
    const results = [token, g.constant(code, `answered.${kind}`), ...kept];
    for (const value of done ? [...results, done] : results) g.output(value);
    stages.push({ done: done?.name, results: results.map(({ name }) => name) });
  };

  const always: Value[] = [];
  const waiting: Value[] = [];
  let begin: Readonly<Record<string, Value>> = given;
  if (exit && below) {
    const { hidden, ...presents } = graft(g, below, 'below', given);
    for (const [name, { dtype, shape }] of Object.entries(presents)) {
      g.output(presents[name], name);
      always.push({ name, dtype, shape: widened(shape, 'past_now') });
    }
    const all = g.concat([g.input('pending', 'float32', [1, 'waiting', width]), hidden], 1);
    const last = g.gather(hidden, g.int64s([-1]), 1);
    const x = g.op('Reshape', [last, g.int64s([-1, width])], {}, { types: [{ dtype: 'float32', shape: [1, width] }] });
    const { state } = graft(g, buildExitMap(exit.map, width), 'map', { x });
    const { token, confidence } = ask('early', state);
    const sure = g.op('And', [isAbove(confidence, 0), isAbove(gateOf(g, x, exit.gate), 2)]);
    const pasts = upper.outputs.map(({ name }) => name).filter((name) => name !== 'state');
    answer('exit', token, [...pasts.map((name) => caches[pastOf(name)]), all], sure);
    begin = { ...given, hidden: all, position_ids: positionsOf(g, all, caches[pastOf(pasts[0])]) };
    waiting.push(g.slice(all, 1, 0, 0));
  }
  const rows = g.sub(g.op('Shape', [begin.hidden ?? ids], { start: 1, end: 2 }), g.int64s([1]));
  const { state, ...presents } = graft(g, upper, 'above', { ...begin, rows });
  const kept = [...Object.values(presents), ...waiting];
  const listed = ask('listed', state);
  answer('shortlist', listed.token, kept, isAbove(listed.confidence, 1));
  const { token } = graft(g, ready(buildFullHead(model, options)), 'whole', { state });
  answer('full', token, kept);

  const outputs: Value[] = [
    { name: 'token', dtype: 'int64', shape: [1] },
    { name: 'answered', dtype: 'int64', shape: [1] },
    ...Object.entries(presents).map(([name, { dtype, shape }]) => ({
      name,
      dtype,
      shape: widened(shape, 'above_now'),
    })),
    ...waiting.map(({ dtype }) => ({ name: 'next_pending', dtype, shape: [1, 'waiting_now', width] })),
  ];
  // A constant behind an input of the same name is its default value.
  const nested = nestStages(g.build('stopping'), stages, outputs, always);
  const constants = new Map([
    ...nested.constants,
    ['thresholds', float32([3], Float32Array.from(parts.thresholds))] as const,
  ]);
  return Object.freeze({ ...nested, constants });
}

const ready = (graph: Graph): Graph => fuse(lower(graph));
const pastOf = (present: string): string => present.replace('present.', 'past_key_values.');
const widened = ([batch, heads, , dim]: readonly (number | string)[], length: string) => [
  batch === 'batch' ? 1 : batch,
  heads,
  length,
  dim,
];

/** The caches that a part reads, as inputs of the whole. */
function cachesOf(g: GraphBuilder, part: Graph | undefined, length: string): Record<string, Value> {
  const caches = (part?.inputs ?? []).filter(({ name }) => name.startsWith('past_key_values.'));
  return Object.fromEntries(
    caches.map((cache) => [cache.name, g.input(cache.name, 'float32', widened(known(cache).shape, length))]),
  );
}

/** What Lathe's own runs pass: all tokens with the new ones, and the place of the last. */
function lengthsOf(g: GraphBuilder, ids: Value, cache: Value): Record<string, Value> {
  const past = g.op('Shape', [cache], { start: 2, end: 3 });
  const total = g.cast(g.add(past, g.op('Shape', [ids], { start: 1, end: 2 })), 'int32');
  return {
    total_length: g.squeeze(total, [0]),
    last_position: g.sub(total, g.scalar(1, 'int32')),
    position_ids: positionsOf(g, ids, cache),
  };
}

/** int64 [1, length] of the tokens x [1, length, …] that follow those in a cache. */
function positionsOf(g: GraphBuilder, x: Value, cache: Value): Value {
  const past = g.squeeze(g.op('Shape', [cache], { start: 2, end: 3 }), [0]);
  const end = g.add(past, g.squeeze(g.op('Shape', [x], { start: 1, end: 2 }), [0]));
  const range = [past, end, g.scalar(1, 'int64')];
  return g.unsqueeze(g.op('Range', range, {}, { types: [{ dtype: 'int64', shape: ['counted'] }] }), [0]);
}

/** Asks the short list, whose weights go wherever it is asked. */
function asking(g: GraphBuilder, model: HeadSource, list: ListHead) {
  const head = ready(buildListHead(model, list));
  const tokens = g.constant(tensor('int64', [list.tokens.length], BigInt64Array.from(list.tokens, BigInt)), 'list');
  return (name: string, state: Value): { readonly token: Value; readonly confidence: Value } => {
    const { token, confidence } = graft(g, head, name, { state });
    return { token: g.gather(tokens, token), confidence };
  };
}

/** float32 [1] of x [1, width], as `gateScore`. */
function gateOf(g: GraphBuilder, x: Value, { weight, bias }: StoppingExit['gate']): Value {
  const row = g.constant(float32([1, weight.length], weight), 'gate.weight');
  return g.add(g.reduceSum(g.mul(unitRms(g, x), row), [1], false), g.scalar(bias));
}
