/** Values of GGUF's metadata. */
import type { GgufValue } from '../../models/weights/index.ts';

export const whole = (value: number): GgufValue => ({ type: 'uint32', value });
export const real = (value: number): GgufValue => ({ type: 'float32', value });
export const yes = (value: boolean): GgufValue => ({ type: 'bool', value });
export const word = (value: string): GgufValue => ({ type: 'string', value });
