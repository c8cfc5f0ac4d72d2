/** Every binary16 value as a number: block scales are looked up, not computed. */
import { fromFloat16 } from '../../../tensor/half.ts';

export const FLOAT16 = Float32Array.from({ length: 65536 }, (_, bits) => fromFloat16(bits));
