/** A value that is written in the node itself. */
import { floatList, ints, optionalFloat, optionalInt, optionalTensor } from '../attributes.ts';
import { defineOp } from '../op.ts';
import { float32, int64, type Tensor } from '../tensor.ts';
import { doubles } from './evaluate.ts';

interface Attributes {
  readonly value: Tensor | undefined;
  readonly value_float: number | undefined;
  readonly value_floats: readonly number[] | undefined;
  readonly value_int: number | undefined;
  readonly value_ints: readonly number[] | undefined;
}

function valueIn(attrs: Attributes): Tensor {
  if (attrs.value) return attrs.value;
  if (attrs.value_float !== undefined) return float32([], [attrs.value_float]);
  if (attrs.value_floats) return float32([attrs.value_floats.length], attrs.value_floats);
  if (attrs.value_int !== undefined) return int64([], [attrs.value_int]);
  if (attrs.value_ints) return int64([attrs.value_ints.length], attrs.value_ints);
  throw new Error('a constant without a value that we can read');
}

export const constant = defineOp('Constant', {
  attrs: {
    value: optionalTensor(),
    value_float: optionalFloat(),
    value_floats: floatList(),
    value_int: optionalInt(),
    value_ints: ints(),
  },
  shape: ({ attrs }) => [valueIn(attrs)],
  evaluate: ({ attrs }) => {
    const value = valueIn(attrs);
    if (/float16|int4/.test(value.dtype))
      throw new Error(`the reference takes ${value.dtype} from constants of the graph`);
    return [doubles(value.dtype, value.shape, Float64Array.from(value.data as Float32Array, Number))];
  },
});
