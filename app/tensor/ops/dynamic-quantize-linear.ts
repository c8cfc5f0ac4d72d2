/** Quantizes a whole value to uint8 by its own range, which always holds 0: the codes, the scale and the zero point. */
import { type Doubles, defineOp } from '../op.ts';
import { doubles } from './evaluate.ts';
import { roundHalfEven } from './round.ts';

export function quantizeByRange(x: Doubles): { codes: Doubles; scale: number; zero: number } {
  const low = x.data.reduce((a, b) => Math.min(a, b), 0);
  const high = x.data.reduce((a, b) => Math.max(a, b), 0);
  // In float32, as runtimes compute it: codes near a tie depend on it.
  const scale = high === low ? 1 : Math.fround(Math.fround(high - low) / 255);
  const clamp = (v: number) => Math.min(Math.max(v, 0), 255);
  const zero = clamp(roundHalfEven(Math.fround(-low / scale)));
  const codes = x.data.map((v) => clamp(roundHalfEven(Math.fround(v / scale)) + zero));
  return { codes: doubles('uint8', x.shape, codes), scale, zero };
}

export const dynamicQuantizeLinear = defineOp('DynamicQuantizeLinear', {
  shape: ({ inputs: [x] }) => [
    { dtype: 'uint8', shape: x.shape },
    { dtype: 'float32', shape: [] },
    { dtype: 'uint8', shape: [] },
  ],
  evaluate: ({ inputs: [x] }) => {
    const { codes, scale, zero } = quantizeByRange(x);
    return [codes, doubles('float32', [], Float64Array.of(scale)), doubles('uint8', [], Float64Array.of(zero))];
  },
});
