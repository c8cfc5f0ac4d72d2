/**
 * ONNX Runtime's attention with a cache: appends the new keys and values (rotated, where tables are given) to the past
 * and attends causally. Inputs: query [B, S, heads*D], key and value [B, S, kv*D], past key and value [B, kv, P, D],
 * last valid position of each row int32 [B], total length int32 [], cosines and sines [positions, D/2].
 * For decoding only: it has no gradient.
 */
import { float, int } from '../attributes.ts';
import { defineOp, MICROSOFT } from '../op.ts';

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
  },
  shape: ({ inputs: [query, , , pastKey, pastValue] }) => [
    { dtype: query.dtype, shape: query.shape },
    { dtype: pastKey.dtype, shape: [...pastKey.shape.slice(0, 2), 'total', pastKey.shape[3]] },
    { dtype: pastValue.dtype, shape: [...pastValue.shape.slice(0, 2), 'total', pastValue.shape[3]] },
  ],
});
