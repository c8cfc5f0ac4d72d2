/**
 * ONNX Runtime's attention with a cache: appends the new keys and values (rotated, where tables are given) to the past
 * and attends causally. Inputs: query [B, S, heads*D], key and value [B, S, kv*D] (or all three side by side as the
 * first, with holes for the others), past key and value [B, kv, P, D],
 * last valid position of each row int32 [B], total length int32 [], cosines and sines [positions, D/2].
 * For decoding only: it has no gradient.
 */
import { float, int, string } from '../attributes.ts';
import type { Dim } from '../dims.ts';
import { type Doubles, defineOp, MICROSOFT } from '../op.ts';
import { doubles } from './evaluate.ts';
import { rotaryEmbedding } from './rotary-embedding.ts';

export const groupQueryAttention = defineOp('GroupQueryAttention', {
  domain: MICROSOFT,
  attrs: {
    num_heads: int(0),
    kv_num_heads: int(0),
    scale: float(0),
    softcap: float(0),
    do_rotary: int(0),
    rotary_interleaved: int(0),
    local_window_size: int(-1),
    smooth_softmax: int(0),
    // A past of int8: inputs 12 and 13 are its scales, float32 [1, kv, 1, D] where they are per channel.
    k_quant_type: string<string>('NONE'),
    v_quant_type: string<string>('NONE'),
    kv_cache_bit_width: int(0),
  },
  shape: ({ inputs: [query, key, , pastKey, pastValue], attrs }) => [
    { dtype: query.dtype, shape: key ? query.shape : [...query.shape.slice(0, 2), queryWidth(query.shape[2], attrs)] },
    { dtype: pastKey.dtype, shape: [...pastKey.shape.slice(0, 2), 'total', pastKey.shape[3]] },
    { dtype: pastValue.dtype, shape: [...pastValue.shape.slice(0, 2), 'total', pastValue.shape[3]] },
  ],
  evaluate: ({ inputs, attrs }) => {
    const [pastKey, pastValue, last, total, cos, sin] = inputs.slice(3);
    if (!pastKey || !pastValue) throw new Error('the reference takes the past of key and value');
    const [query, key, value] = inputs[1] ? inputs : unpacked(inputs[0], attrs);
    if (attrs.kv_cache_bit_width) throw new Error('the reference has no quantized cache');
    if (attrs.smooth_softmax) throw new Error('the reference does not smooth the softmax');
    const [batch, length] = query.shape;
    const width = query.shape[2] / attrs.num_heads;
    const begins = Array.from(last.data, (v) => (length === total.data[0] ? 0 : v + 1 - length));
    const rotate = (x: Doubles, heads: number) => (attrs.do_rotary ? turned(x, heads, begins, cos, sin, attrs) : x);
    const q = rotate(query, attrs.num_heads);
    const keys = appended(pastKey, rotate(key, attrs.kv_num_heads), begins, total.data[0]);
    const values = appended(pastValue, value, begins, total.data[0]);
    const out = doubles(query.dtype, query.shape);
    const group = attrs.num_heads / attrs.kv_num_heads;
    const scale = attrs.scale || 1 / Math.sqrt(width);
    const [slots, mixed] = keys.shape.slice(2);
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < length; t++) {
        const position = begins[b] + t;
        const first = attrs.local_window_size > 0 ? Math.max(0, position + 1 - attrs.local_window_size) : 0;
        for (let h = 0; h < attrs.num_heads; h++) {
          const at = ((b * length + t) * attrs.num_heads + h) * width;
          const row = (s: number) => ((b * attrs.kv_num_heads + Math.floor(h / group)) * slots + s) * mixed;
          const scores = Array.from({ length: position + 1 - first }, (_, i) => {
            let dot = 0;
            for (let d = 0; d < width; d++) dot += q.data[at + d] * keys.data[row(first + i) + d];
            const score = scale * dot;
            return attrs.softcap ? attrs.softcap * Math.tanh(score / attrs.softcap) : score;
          });
          const max = Math.max(...scores);
          const sum = scores.reduce((n, v) => n + Math.exp(v - max), 0);
          scores.forEach((score, i) => {
            const share = Math.exp(score - max) / sum;
            for (let d = 0; d < width; d++) out.data[at + d] += share * values.data[row(first + i) + d];
          });
        }
      }
    }
    return [out, keys, values];
  },
});

interface Heads {
  readonly num_heads: number;
  readonly kv_num_heads: number;
}

function queryWidth(packed: Dim, { num_heads, kv_num_heads }: Heads): number {
  return (Number(packed) * num_heads) / (num_heads + 2 * kv_num_heads);
}

/** Query, key and value [B, S, ...] of rows that hold them side by side. */
function unpacked(packed: Doubles, attrs: Heads): Doubles[] {
  const [batch, length, width] = packed.shape;
  const wide = queryWidth(width, attrs);
  const narrow = (width - wide) / 2;
  let from = 0;
  return [wide, narrow, narrow].map((size) => {
    const part = doubles(packed.dtype, [batch, length, size]);
    for (let row = 0; row < batch * length; row++) {
      part.data.set(packed.data.subarray(row * width + from, row * width + from + size), row * size);
    }
    from += size;
    return part;
  });
}

/** Rotates rows of heads [B, S, heads*D]; row b begins at position begins[b]. */
function turned(
  x: Doubles,
  heads: number,
  begins: readonly number[],
  cos: Doubles,
  sin: Doubles,
  attrs: { readonly rotary_interleaved: number },
): Doubles {
  const [batch, length] = x.shape;
  const positions = Float64Array.from(
    { length: batch * length },
    (_, i) => begins[Math.floor(i / length)] + (i % length),
  );
  const settings = { interleaved: attrs.rotary_interleaved, num_heads: heads, rotary_embedding_dim: 0, scale: 1 };
  return rotaryEmbedding.evaluate!({
    inputs: [x, doubles('int64', [batch, length], positions), cos, sin],
    attrs: { ...settings, is_packed_batching: 0 },
    outputs: 1,
  })[0];
}

/** The past [B, kv, P, D] with the new rows [B, S, kv*D] after each row's valid ones. */
function appended(past: Doubles, fresh: Doubles, begins: readonly number[], total: number): Doubles {
  const [batch, heads, room, width] = past.shape;
  const length = fresh.shape[1];
  const slots = Math.max(total, room);
  const out = doubles(past.dtype, [batch, heads, slots, width]);
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const to = (b * heads + h) * slots;
      const from = (b * heads + h) * room;
      out.data.set(past.data.subarray(from * width, (from + Math.min(room, begins[b])) * width), to * width);
      for (let t = 0; t < length; t++) {
        const row = ((b * length + t) * heads + h) * width;
        out.data.set(fresh.data.subarray(row, row + width), (to + begins[b] + t) * width);
      }
    }
  }
  return out;
}
