/**
 * Attention over a few new tokens of one sequence that does for each what a step of a single token does, in that order.
 * ONNX Runtime sums the scores of several tokens at once in another order than those of one, which rounded activations
 * make visible; all else in a decoder gives the same bits for a row whatever rows are beside it. So this is the only part
 * that must be taken apart for drafts to be checked exactly.
 *
 * There are `STEPS` places. Those that the tokens at hand do not need repeat the last token on a cache of their own.
 */
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import { groupQueryAttention } from '../../tensor/ops/group-query-attention.ts';

/** Most tokens that can be checked at once. */
export const STEPS = 8;

/** Name of a cache input or output of one place. */
export const stepName = (name: string, step: number): string => `${name}@${step}`;

export interface StepInputs {
  /** int64 [1] each: the token of the place; less one from the second place on. */
  readonly tokens: readonly Value[];
  /** int64 [STEPS]: the token of each place. */
  readonly all: Value;
  /** int64 [length]: the places of the new tokens. */
  readonly kept: Value;
  /** int32 [1] each: position of the token in its cache. */
  readonly last: readonly Value[];
  readonly total: Value;
}

/** Inputs: step_tokens int64 [STEPS], step_places int64 [length], step_last int32 [STEPS], total_length int32 []. */
export function stepInputs(g: GraphBuilder, total: Value): StepInputs {
  const all = g.input('step_tokens', 'int64', [STEPS]);
  const ones = new Array<number>(STEPS).fill(1);
  // What went before adds its batch of one.
  const shifts = g.int64s(ones.map((_, step) => (step === 0 ? 0 : -1)));
  return {
    all,
    tokens: g.split(g.add(all, shifts), ones, 0),
    kept: g.input('step_places', 'int64', ['length']),
    last: g.split(g.input('step_last', 'int32', [STEPS]), ones, 0),
    total,
  };
}

export interface StepwiseSpec {
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The inputs that come after the lengths. */
  readonly rest: readonly (Value | undefined)[];
  past(step: number, part: 'key' | 'value'): Value;
}

/**
 * q [1, length, heads * D], k and v [1, length, kv * D].
 * @returns mixed as q, and the grown caches of each place
 */
export function attendStepwise(
  g: GraphBuilder,
  [q, k, v]: readonly [Value, Value, Value],
  { tokens, all, kept, last, total }: StepInputs,
  { keyValueHeads, headDim, attributes, rest, past }: StepwiseSpec,
): { readonly mixed: Value; readonly presents: readonly (readonly [Value, Value])[] } {
  const width = keyValueHeads * headDim;
  const place = (x: Value, size: number, token: Value, count: number) =>
    g.op('Gather', [x, token], { axis: 1 }, { types: [{ dtype: 'float32', shape: ['batch', count, size] }] });
  const cut = (x: Value) => g.split(place(x, width, all, STEPS), new Array<number>(STEPS).fill(1), 1);
  const [keys, values] = [cut(k), cut(v)];
  const wide = Number(q.shape[2]);
  const mixed: Value[] = [];
  const presents: (readonly [Value, Value])[] = [];
  for (const [step, token] of tokens.entries()) {
    // The token is known only when the place before is done: the runtime must not change their order.
    const before = mixed.at(-1);
    const after = before ? g.add(token, g.op('Shape', [before], { start: 0, end: 1 })) : token;
    const query = place(q, wide, after, 1);
    const inputs = [query, keys[step], values[step], past(step, 'key'), past(step, 'value'), last[step], total];
    const [y, key, value] = g.apply(groupQueryAttention, [...inputs, ...rest], attributes, { outputs: 3 });
    mixed.push(y);
    presents.push([key, value]);
  }
  const joined = g.op('Concat', mixed, { axis: 1 });
  const types = [{ dtype: q.dtype, shape: q.shape }];
  return { mixed: g.op('Gather', [joined, kept], { axis: 1 }, { types }), presents };
}
