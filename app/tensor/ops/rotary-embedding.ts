/**
 * ONNX Runtime's rotary position embedding: x [B, H, T, D] or [B, T, H*D], positions int64 [B, T] (or [1]: that
 * of the first token), cosines and sines [positions, d/2], d <= D. Pair i is made of dimensions i and i + d/2 (or
 * neighbours, where interleaved).
 */
import { float, int } from '../attributes.ts';
import { defineOp, MICROSOFT } from '../op.ts';
import { doubles } from './evaluate.ts';

export const rotaryEmbedding = defineOp('RotaryEmbedding', {
  domain: MICROSOFT,
  attrs: {
    interleaved: int(0),
    num_heads: int(0),
    rotary_embedding_dim: int(0),
    scale: float(1),
    is_packed_batching: int(0),
  },
  shape: ({ inputs: [x] }) => [x],
  // A rotation's transpose is the rotation back.
  grad: ({ g, attrs, inputs: [, positions, cos, sin], dys: [dy] }) => {
    const data = g.constantOf(sin);
    const back = data ? g.constant({ ...data, data: (data.data as Float32Array).map((v) => -v) }) : g.neg(sin);
    return [g.op('RotaryEmbedding', [dy, positions, cos, back], attrs)];
  },
  evaluate: ({ inputs: [x, positions, cos, sin], attrs }) => {
    const hidden = x.shape.length === 3;
    const [batch, length] = hidden ? x.shape : [x.shape[0], x.shape[2]];
    const half = cos.shape[1];
    const heads = hidden ? headsOf(x.shape[2], half, attrs) : x.shape[1];
    const dim = x.data.length / (batch * heads * length);
    const out = doubles(x.dtype, x.shape, x.data.slice());
    for (let b = 0; b < batch; b++) {
      for (let h = 0; h < heads; h++) {
        for (let t = 0; t < length; t++) {
          const row = (hidden ? (b * length + t) * heads + h : (b * heads + h) * length + t) * dim;
          const position = positions.data.length === 1 ? positions.data[0] + t : positions.data[b * length + t];
          for (let i = 0; i < half; i++) {
            const first = row + (attrs.interleaved ? 2 * i : i);
            const second = row + (attrs.interleaved ? 2 * i + 1 : i + half);
            const [c, s] = [cos.data[position * half + i], sin.data[position * half + i]];
            out.data[first] = x.data[first] * c - x.data[second] * s;
            out.data[second] = x.data[second] * c + x.data[first] * s;
          }
        }
      }
    }
    return [out];
  },
});

/** Heads of the layout [B, T, heads*D]; without their number the whole head is rotated. */
function headsOf(hidden: number, half: number, attrs: { num_heads: number }): number {
  return attrs.num_heads > 0 ? attrs.num_heads : hidden / (2 * half);
}
