/** Conversions between float32 and its 16-bit relatives: IEEE binary16 and bfloat16, both rounded to nearest, ties to even. */

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

/** @returns the 16 bits of the nearest binary16; overflow becomes infinity. */
export function toFloat16(value: number): number {
  f32[0] = value;
  const bits = u32[0];
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const mantissa = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa ? 0x200 | (mantissa >>> 13) : 0);
  const e = exponent - 112;
  if (e >= 31) return sign | 0x7c00;
  if (e <= 0) {
    if (e < -10) return sign;
    const m = mantissa | 0x800000;
    const shift = 14 - e;
    return sign + roundShift(m, shift);
  }
  return sign + roundShift((e << 23) | mantissa, 13);
}

/** Shifts right, rounding to nearest with ties to even. */
function roundShift(value: number, shift: number): number {
  const half = 1 << (shift - 1);
  const kept = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}

export function fromFloat16(bits: number): number {
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

export function toBfloat16(value: number): number {
  f32[0] = value;
  const bits = u32[0];
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

export function fromBfloat16(bits: number): number {
  u32[0] = bits << 16;
  return f32[0];
}

let table: Float32Array | undefined;

/** Decodes a whole array of binary16; a table of all 65,536 values makes it one look-up each. */
export function decodeFloat16(source: Uint16Array, target = new Float32Array(source.length)): Float32Array {
  table ??= Float32Array.from({ length: 65536 }, (_, bits) => fromFloat16(bits));
  for (let i = 0; i < source.length; i++) target[i] = table[source[i]];
  return target;
}

export function decodeBfloat16(source: Uint16Array, target = new Float32Array(source.length)): Float32Array {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < source.length; i++) bits[i] = source[i] << 16;
  return target;
}

export function encodeFloat16(source: Float32Array, target = new Uint16Array(source.length)): Uint16Array {
  for (let i = 0; i < source.length; i++) target[i] = toFloat16(source[i]);
  return target;
}

export function encodeBfloat16(source: Float32Array, target = new Uint16Array(source.length)): Uint16Array {
  for (let i = 0; i < source.length; i++) target[i] = toBfloat16(source[i]);
  return target;
}
