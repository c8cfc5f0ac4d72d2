/** Linear layers whose weights are stored in fewer bits, as the operators of ONNX Runtime that compute with them. */
import { assertNever } from '../../contract/errors.ts';
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import { dynamicQuantizeMatMul } from '../../tensor/ops/dynamic-quantize-mat-mul.ts';
import { matMulIntegerToFloat } from '../../tensor/ops/mat-mul-integer-to-float.ts';
import { matMulNBits } from '../../tensor/ops/mat-mul-n-bits.ts';
import type { LinearSpec } from '../architectures/kit.ts';
import { containerOf, joinPlanes, planeName, planesOf } from './bit-planes.ts';

export type LinearFormat =
  /**
   * Groups of `blockSize` weights of a row share a scale (and a zero point): `.codes` (in 3, 5, 6 and 7 bits
   * `.plane0`, …), `.scales` in float32 or float16, `.zero_points`. With `perRow` the whole row shares them: they are stored
   * once and repeated for every block as a model is loaded, so that it runs as fast.
   */
  | {
      readonly kind: 'blocks';
      readonly bits: number;
      readonly blockSize: number;
      readonly zeroPoints: boolean;
      readonly perRow?: true;
      /** Type of the stored scales; absent: float32. */
      readonly scales?: 'float32' | 'float16';
      /** How ONNX Runtime may compute: 0 its choice, 1 float32, 4 int8 activations. */
      readonly accuracyLevel: number;
    }
  /**
   * int8 weights with a scale a column, activations quantized as they come: `.columns` [in, out], `.column_scales`. All
   * activations share a scale, or with `byToken` each token has its own, so that others in the run do not change it.
   */
  | { readonly kind: 'dynamic-int8'; readonly byToken?: true };

/** Whether activations are rounded as they come: then a difference in a last bit can become one of a whole step. */
export const roundsActivations = (format: LinearFormat): boolean =>
  format.kind === 'dynamic-int8' || format.accuracyLevel === 4 || format.accuracyLevel === 0;

/** Gives stored tensors by name, and codes however they are stored (see `storedCodes`). */
export interface StoredParts {
  part(name: string): Value;
  codes(path: string, bits: number): Value;
}

/** The product only; biases are added by the kit. */
export function emitQuantizedLinear(
  g: GraphBuilder,
  x: Value,
  name: string,
  spec: LinearSpec,
  format: LinearFormat,
  stored: StoredParts,
): Value {
  const path = `${name}.weight`;
  switch (format.kind) {
    case 'blocks': {
      const { blockSize, accuracyLevel } = format;
      const bits = containerOf(format.bits);
      const codes = stored.codes(path, format.bits);
      const groups = Math.ceil(spec.inputs / blockSize);
      const inputs = [
        x,
        codes.shape.length === 3 ? codes : g.op('Reshape', [codes, g.int64s([-1, groups, (blockSize * bits) / 8])]),
        forBlocks(g, g.cast(stored.part(`${path}.scales`), 'float32'), format, groups),
      ];
      if (format.zeroPoints) {
        inputs.push(forBlocks(g, stored.part(`${path}.zero_points`), format, Math.ceil((groups * bits) / 8)));
      }
      const attributes = {
        K: spec.inputs,
        N: spec.outputs,
        bits,
        block_size: blockSize,
        accuracy_level: accuracyLevel,
      };
      return g.op(matMulNBits, inputs, attributes);
    }
    case 'dynamic-int8': {
      const [columns, scales] = [stored.part(`${path}.columns`), stored.part(`${path}.column_scales`)];
      return format.byToken
        ? multiplyByToken(g, x, columns, scales)
        : g.op(dynamicQuantizeMatMul, [x, columns, scales]);
    }
    default:
      return assertNever(format);
  }
}

/** Codes of a token are unsigned around this, up to so much on either side. */
const ZERO = 128;
const LARGEST = 127;
/** A token without any value has some scale too. */
const LEAST = 1e-12;

function multiplyByToken(g: GraphBuilder, x: Value, columns: Value, scales: Value): Value {
  const largest = g.op('Max', [g.reduceMax(g.op('Abs', [x]), [-1]), g.scalar(LEAST)]);
  const scale = g.mul(largest, g.scalar(1 / LARGEST));
  const [one, zero] = [g.scalar(1), g.scalar(ZERO, 'uint8')];
  const codes = g.op('QuantizeLinear', [g.div(x, scale), one, zero]);
  return g.mul(g.op(matMulIntegerToFloat, [codes, columns, one, scales, zero]), scale);
}

/** Weights in blocks that share a scale. */
export type Blocks = Extract<LinearFormat, { readonly kind: 'blocks' }>;

/** Weights that share a scale, of a row of so many: whole blocks. */
export const groupSizeOf = ({ blockSize, perRow }: Blocks, inputs: number): number =>
  perRow ? Math.ceil(inputs / blockSize) * blockSize : blockSize;

/** Scales or bytes of zero points [rows, width] from what is stored: [rows, 1] where a row shares them. */
export const forBlocks = (g: GraphBuilder, stored: Value, { perRow }: Blocks, width: number): Value =>
  perRow ? g.op('Tile', [stored, g.int64s([1, width])]) : stored;

/** [rows, groups, bytes] as stored, or [rows, bytes] put together from planes. */
export function storedCodes(g: GraphBuilder, path: string, bits: number, stored: (part: string) => Value): Value {
  const planes = planesOf(bits);
  if (planes.length === 0) return stored(`${path}.codes`);
  const values = planes.map((_, i) => stored(planeName(path, i)));
  return joinPlanes(g, values, bits);
}
