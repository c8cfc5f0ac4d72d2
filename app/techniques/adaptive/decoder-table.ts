/** What each way of answering would say for each token of known text, and how sure it would be. */

import { dirname, resolve } from 'node:path';
import { buildFullHead, type ExitMap, emitExitMap, emitShortlist } from '../../models/graphs/decoding-parts.ts';
import type { Model } from '../../models/model.ts';
import { encodeModel, placeInFiles } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import type { Graph } from '../../tensor/graph.ts';
import { isExternal } from '../../tensor/graph.ts';
import { lower } from '../../tensor/lower.ts';
import { float32 } from '../../tensor/tensor.ts';
import type { States } from './decoder-states.ts';

export interface Answers {
  readonly tokens: Int32Array;
  readonly confidence: Float32Array;
}

/** One entry a token. */
export interface TokenTable {
  /** By layer. */
  readonly exits: ReadonlyMap<number, Answers>;
  readonly shortlist: Answers;
  readonly full: Int32Array;
  readonly next: Int32Array;
  readonly lengths: readonly number[];
}

const CHUNK = 256;

/** @param list token ids and float32 [tokens, width] rows of the head */
export async function tabulate(
  model: Model,
  states: States,
  maps: ReadonlyMap<number, ExitMap>,
  list: { readonly tokens: ArrayLike<number>; readonly weight: Float32Array },
  threads?: number,
): Promise<TokenTable> {
  const { width } = model.config;
  const weight = float32([list.tokens.length, width], list.weight);
  const head = model.architecture.head(model.config);
  const listed = (map: ExitMap | undefined): Graph => {
    const g = new GraphBuilder();
    const x = g.input('state', 'float32', ['rows', width]);
    emitShortlist(g, map ? emitExitMap(g, x, map, width) : x, g.constant(weight, 'shortlist'), head);
    return g.build('answers');
  };
  const answers = async (graph: Graph, x: Float32Array): Promise<Answers> => {
    const rows = x.length / width;
    const tokens = new Int32Array(rows);
    const confidence = new Float32Array(rows);
    await inChunks(graph, x, width, threads, (at, { short_token, short_confidence }) => {
      tokens.set(
        Int32Array.from(short_token as BigInt64Array, (i) => list.tokens[Number(i)]),
        at,
      );
      confidence.set(short_confidence as Float32Array, at);
    });
    return { tokens, confidence };
  };
  const exits = new Map<number, Answers>();
  for (const [layer, map] of maps) exits.set(layer, await answers(listed(map), states.exits.get(layer)!));
  const full = new Int32Array(states.next.length);
  const whole = buildFullHead(model, { ...model, maxLength: 1 });
  const token = { ...whole, outputs: whole.outputs.filter(({ name }) => name === 'token') };
  await inChunks(token, states.final, width, threads, (at, outputs) => {
    full.set(Int32Array.from(outputs.token as BigInt64Array, Number), at);
  });
  const shortlist = await answers(listed(undefined), states.final);
  return { exits, shortlist, full, next: states.next, lengths: states.lengths };
}

async function inChunks(
  description: Graph,
  x: Float32Array,
  width: number,
  threads: number | undefined,
  take: (at: number, outputs: Record<string, unknown>) => void,
): Promise<void> {
  const graph = lower(description);
  const external = [...graph.constants.values()].find(isExternal);
  const dataFolder = external ? dirname(resolve(external.file)) : undefined;
  const place = dataFolder === undefined ? undefined : placeInFiles(dataFolder);
  const session = await openSession(encodeModel(graph, { place }), { threads, dataFolder });
  try {
    const rows = x.length / width;
    for (let at = 0; at < rows; at += CHUNK) {
      const count = Math.min(CHUNK, rows - at);
      const outputs = await session.run({ state: float32([count, width], x.slice(at * width, (at + count) * width)) });
      take(at, Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data])));
    }
  } finally {
    session.dispose();
  }
}
