/** Gated feed-forward activation (Shazeer 2020): silu(gate) * up. */
import { defineOp, LATHE } from '../op.ts';
import { mapBroadcast } from './evaluate.ts';

export const swiGlu = defineOp('SwiGlu', {
  domain: LATHE,
  shape: ({ inputs: [gate] }) => [gate],
  // Only the two inputs are kept: sigmoid(gate) costs less to compute again than to store.
  grad: ({ g, inputs: [gate, up], dys: [dy], needs }) => {
    const s = g.sigmoid(gate);
    const silu = g.mul(gate, s);
    const slope = g.add(s, g.sub(silu, g.mul(silu, s)));
    return [needs[0] ? g.mul(g.mul(dy, up), slope) : undefined, needs[1] ? g.mul(dy, silu) : undefined];
  },
  rematerialise: ({ g, inputs: [gate, up] }) => [g.mul(g.mul(gate, g.sigmoid(gate)), up)],
  lower: ({ g, inputs: [gate, up], device }) => {
    const silu = device === 'cpu' ? g.op('QuickGelu', [gate], { alpha: 1 }) : g.mul(gate, g.sigmoid(gate));
    return [g.mul(silu, up)];
  },
  evaluate: ({ inputs }) => mapBroadcast(inputs, (gate, up) => (gate / (1 + Math.exp(-gate))) * up),
});
