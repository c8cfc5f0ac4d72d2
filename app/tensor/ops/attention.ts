/**
 * Softmax attention (Vaswani et al. 2017) with grouped queries: q [B, H, T, D], k [B, KV, S, D], v [B, KV, S, Dv] and a
 * bias that broadcasts to [B, KV, G, T, S], G = H / KV. Outputs: the mix [B, H, T, Dv] and the probabilities
 * [B, KV, G, T, S]. The G queries of a group are rows of one product, so keys and values are never repeated.
 */
import { float, int } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import { multiplyDims, type Shape } from '../dims.ts';
import type { Value } from '../graph.ts';
import { defineOp, LATHE } from '../op.ts';
import { broadcastOffset, doubles, eachIndex, stridesOf } from './evaluate.ts';

interface Sizes {
  readonly grouped: Shape;
  readonly folded: (width: number | string) => Shape;
}

function sizesOf(q: Value, k: Value): Sizes & { group: number } {
  const [batch, heads, length] = q.shape;
  const [, keyValueHeads, keys] = k.shape;
  const group = Number(heads) / Number(keyValueHeads);
  if (!Number.isInteger(group)) throw new Error(`${heads} query heads do not divide among ${keyValueHeads}`);
  const rows = multiplyDims(group, length);
  return {
    group,
    grouped: [batch, keyValueHeads, group, length, keys],
    folded: (width) => [batch, keyValueHeads, rows, width],
  };
}

/** Another shape with the same leading [B, KV]: copied by 0, the rest given, one inferred. */
function regroup(g: GraphBuilder, x: Value, target: readonly number[], shape: Shape): Value {
  return g.op('Reshape', [x, g.int64s(target)], {}, { types: [{ dtype: x.dtype, shape }] });
}

const fold = (g: GraphBuilder, x: Value, k: Value, shape: Shape): Value =>
  regroup(g, x, [0, Number(k.shape[1]), -1, Number(shape.at(-1))], shape);

/** Scores [B, KV, G*T, S] to [B, KV, G, T, S] and back; T or S may be symbolic, so the sizes come from the values. */
function spread(g: GraphBuilder, scores: Value, q: Value, k: Value, grouped: Shape, group: number): Value {
  if (group === 1) return g.unsqueeze(scores, [2]);
  const length = g.op('Shape', [q], { start: 2, end: 3 });
  const keys = g.op('Shape', [k], { start: 2, end: 3 });
  const target = g.concat([g.int64s([0, Number(k.shape[1]), group]), length, keys], 0);
  return g.op('Reshape', [scores, target], {}, { types: [{ dtype: scores.dtype, shape: grouped }] });
}

function gather(g: GraphBuilder, p: Value, k: Value, rows: Shape, group: number): Value {
  if (group === 1) return g.squeeze(p, [2]);
  const keys = g.op('Shape', [k], { start: 2, end: 3 });
  const target = g.concat([g.int64s([0, Number(k.shape[1]), -1]), keys], 0);
  return g.op('Reshape', [p, target], {}, { types: [{ dtype: p.dtype, shape: rows }] });
}

export const attention = defineOp('Attention', {
  domain: LATHE,
  /** recompute: the gradient computes the probabilities again, which take more memory than all the rest. */
  attrs: { scale: float(0), softcap: float(0), recompute: int(0) },
  shape: ({ inputs: [q, k, v] }) => [
    { dtype: q.dtype, shape: [...q.shape.slice(0, 3), v.shape[3]] },
    { dtype: q.dtype, shape: sizesOf(q, k).grouped },
  ],
  lower: ({ g, attrs, inputs: [q, k, v, bias] }) => {
    const { group, folded } = sizesOf(q, k);
    const probabilities = probabilitiesOf(g, attrs, q, k, bias);
    const mix = g.matmul(gather(g, probabilities, k, folded(k.shape[2]), group), v);
    const shape = [...q.shape.slice(0, 3), v.shape[3]];
    return [unfold(g, mix, q, shape), probabilities];
  },
  // FlashAttention's form (Dao et al. 2022, App. B): dS = P * (dP - rowsum(dO * O)).
  grad: ({ g, attrs, inputs: [q, k, v, bias], outputs: [mix, probabilities], dys: [dy, dProbabilities], needs }) => {
    const { group, grouped, folded } = sizesOf(q, k);
    const rows = folded(k.shape[2]);
    const query = fold(g, q, k, folded(q.shape[3]));
    const kept = attrs.recompute ? probabilitiesOf(g, attrs, q, k, bias) : probabilities;
    const p = gather(g, kept, k, rows, group);
    const dMix = dy && fold(g, dy, k, folded(v.shape[3]));
    const dv = needs[2] && dMix ? g.matmul(p, dMix, { transX: true }) : undefined;
    if (!needs[0] && !needs[1] && !needs[3]) return [undefined, undefined, dv];

    let dp = dMix && g.matmul(dMix, v, { transY: true });
    let delta: Value;
    if (dProbabilities) {
      const extra = gather(g, dProbabilities, k, rows, group);
      dp = dp ? g.add(dp, extra) : extra;
      delta = g.reduceSum(g.mul(p, dp), [-1]);
    } else if (attrs.recompute) {
      // The same sum over keys in place of the mix's width: the mix need not be kept.
      delta = g.reduceSum(g.mul(p, dp!), [-1]);
    } else delta = fold(g, g.reduceSum(g.mul(dy, mix), [-1]), k, folded(1));
    let ds = g.mul(p, g.sub(dp!, delta));
    const dBias = needs[3] ? g.unbroadcast(spread(g, ds, q, k, grouped, group), bias.shape) : undefined;
    if (attrs.softcap) ds = g.mul(ds, softcapSlope(g, query, k, attrs));
    const dq = needs[0] ? unfold(g, g.matmul(ds, k, { alpha: attrs.scale }), q, q.shape) : undefined;
    const dk = needs[1] ? g.matmul(ds, query, { transX: true, alpha: attrs.scale }) : undefined;
    return [dq, dk, dv, dBias];
  },
  evaluate: ({ inputs: [q, k, v, bias], attrs }) => {
    const [batch, heads, length, width] = q.shape;
    const [, keyValueHeads, keys] = k.shape;
    const mixed = v.shape[3];
    const group = heads / keyValueHeads;
    const out = doubles(q.dtype, [batch, heads, length, mixed]);
    const p = doubles(q.dtype, [batch, keyValueHeads, group, length, keys]);
    const biasStrides = bias && stridesOf(bias.shape);
    eachIndex(p.shape.slice(0, 4), (row, flat) => {
      const [b, h, , t] = row;
      const pair = b * keyValueHeads + h;
      const scores = Array.from({ length: keys }, (_, s) => {
        let dot = 0;
        for (let d = 0; d < width; d++) dot += q.data[flat * width + d] * k.data[(pair * keys + s) * width + d];
        const score = attrs.scale * dot;
        const capped = attrs.softcap ? attrs.softcap * Math.tanh(score / attrs.softcap) : score;
        return capped + (bias ? bias.data[broadcastOffset(bias, biasStrides!, [...row.slice(0, 3), t, s])] : 0);
      });
      const max = Math.max(...scores);
      const total = scores.reduce((sum, score) => sum + Math.exp(score - max), 0);
      scores.forEach((score, s) => {
        const share = Math.exp(score - max) / total;
        p.data[flat * keys + s] = share;
        for (let d = 0; d < mixed; d++) out.data[flat * mixed + d] += share * v.data[(pair * keys + s) * mixed + d];
      });
    });
    return [out, p];
  },
});

function probabilitiesOf(
  g: GraphBuilder,
  { scale, softcap }: { scale: number; softcap: number },
  q: Value,
  k: Value,
  bias: Value | undefined,
): Value {
  const { group, grouped, folded } = sizesOf(q, k);
  let scores = g.matmul(fold(g, q, k, folded(q.shape[3])), k, { transY: true, alpha: scale });
  if (softcap) scores = g.scale(g.tanh(g.scale(scores, 1 / softcap)), softcap);
  const wide = spread(g, scores, q, k, grouped, group);
  return g.softmax(bias ? g.add(wide, bias) : wide);
}

function softcapSlope(g: GraphBuilder, query: Value, k: Value, attrs: { scale: number; softcap: number }): Value {
  const t = g.tanh(g.matmul(query, k, { transY: true, alpha: attrs.scale / attrs.softcap }));
  return g.sub(g.like(1, t), g.mul(t, t));
}

/** [B, KV, G*T, D] -> [B, H, T, D] */
function unfold(g: GraphBuilder, x: Value, q: Value, shape: Shape): Value {
  const length = g.op('Shape', [q], { start: 2, end: 3 });
  const target = g.concat([g.int64s([0, Number(q.shape[1])]), length, g.int64s([Number(shape[3])])], 0);
  return g.op('Reshape', [x, target], {}, { types: [{ dtype: x.dtype, shape }] });
}
