/**
 * Negative log-probability of each row's answer under a head that is not trained and held in blocks of integers, chunk of the
 * vocabulary by chunk: neither the head's floats nor any array of the vocabulary's width ever exist as a whole. x [M, K],
 * answers [M, K] (the head's rows of the targets), then for each chunk codes [V, K] and scales [V, K / block_size] -> losses
 * [M] and what the gradient by x is a multiple of, direction [M, K]. The maximum is carried along and what came before is
 * scaled anew (Milakov & Gimelshein 2018). `z` adds z log²(normaliser) to each loss (Chowdhery et al. 2022).
 */
import { float, int } from '../attributes.ts';
import type { Value } from '../graph.ts';
import { defineOp, LATHE } from '../op.ts';
import { dequantizeLinear } from './dequantize-linear.ts';
import { doubles } from './evaluate.ts';

/** [codes, scales, codes, scales, …] as pairs. */
const pairs = <T>(parts: readonly T[]): [T, T][] =>
  parts.flatMap((codes, i) => (i % 2 === 0 ? [[codes, parts[i + 1]] as [T, T]] : []));

export const frozenHeadLoss = defineOp('FrozenHeadLoss', {
  domain: LATHE,
  attrs: { z: float(0), block_size: int(32) },
  shape: ({ inputs: [x] }) => [
    { dtype: x.dtype, shape: [x.shape[0]] },
    { dtype: x.dtype, shape: x.shape },
  ],
  lower: ({ g, attrs, inputs: [x, answers, ...parts] }) => {
    const flag = g.constant({ dtype: 'bool', shape: [1], data: Uint8Array.of(1) });
    let state: { readonly max: Value; readonly sum: Value; readonly mixed: Value } | undefined;
    for (const [codes, stored] of pairs(parts)) {
      // Seeming to need what the chunk before gave: else the runtime makes the floats and logits of all chunks first.
      const scales = state ? g.where(flag, stored, g.reduceSum(state.sum, [0, 1])) : stored;
      const chunk = g.op('DequantizeLinear', [codes, scales], { axis: 1, block_size: attrs.block_size });
      const logits = g.matmul(state ? g.where(flag, x, g.add(state.mixed, state.sum)) : x, chunk, { transY: true });
      const top = g.reduceMax(logits, [-1]);
      const max = state ? g.op('Max', [state.max, top]) : top;
      const exponentials = g.exp(g.sub(logits, max));
      const [sum, mixed] = [g.reduceSum(exponentials, [-1]), g.matmul(exponentials, chunk)];
      const keep = state && g.exp(g.sub(state.max, max));
      state = keep
        ? { max, sum: g.add(g.mul(state!.sum, keep), sum), mixed: g.add(g.mul(state!.mixed, keep), mixed) }
        : { max, sum, mixed };
    }
    const { max, sum, mixed } = state!;
    const normaliser = g.add(g.log(sum), max);
    const losses = g.sub(normaliser, g.reduceSum(g.mul(x, answers), [-1]));
    const expected = g.div(mixed, sum);
    if (attrs.z === 0) return [g.squeeze(losses, [1]), g.sub(expected, answers)];
    const penalty = g.scale(g.mul(normaliser, normaliser), attrs.z);
    const factor = g.add(g.scale(normaliser, 2 * attrs.z), g.like(1, normaliser));
    return [g.squeeze(g.add(losses, penalty), [1]), g.sub(g.mul(expected, factor), answers)];
  },
  grad: ({ g, outputs: [, direction], dys, needs }) => {
    if (needs.slice(1).includes(true)) throw new Error('the head of FrozenHeadLoss is not trained');
    if (dys[1]) throw new Error('only the losses of FrozenHeadLoss can be differentiated');
    return [g.mul(direction, g.unsqueeze(dys[0], [1]))];
  },
  evaluate: ({ inputs: [x, answers, ...parts], attrs }) => {
    const [rows, width] = x.shape;
    const losses = doubles(x.dtype, [rows]);
    const direction = doubles(x.dtype, [rows, width]);
    const options = { attrs: { axis: 1, block_size: attrs.block_size }, outputs: 1 };
    const chunks = pairs(parts).flatMap((inputs) => dequantizeLinear.evaluate!({ inputs, ...options }));
    const words = chunks.flatMap(({ shape, data }) =>
      Array.from({ length: shape[0] }, (_, v) => data.subarray(v * width, (v + 1) * width)),
    );
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);
    for (let r = 0; r < rows; r++) {
      const row = x.data.subarray(r * width, (r + 1) * width);
      const answer = answers.data.subarray(r * width, (r + 1) * width);
      const logits = words.map((word) => dot(row, word));
      const max = Math.max(...logits);
      const exponentials = logits.map((logit) => Math.exp(logit - max));
      const sum = exponentials.reduce((a, b) => a + b, 0);
      const normaliser = Math.log(sum) + max;
      losses.data[r] = normaliser - dot(row, answer) + attrs.z * normaliser ** 2;
      for (let i = 0; i < width; i++) {
        const expected = words.reduce((total, word, v) => total + (exponentials[v] / sum) * word[i], 0);
        direction.data[r * width + i] = (1 + 2 * attrs.z * normaliser) * expected - answer[i];
      }
    }
    return [losses, direction];
  },
});
