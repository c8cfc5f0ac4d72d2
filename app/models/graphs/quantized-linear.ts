/** Linear layers whose weights are stored in fewer bits, as the operators of ONNX Runtime that compute with them. */
import { assertNever } from '../../contract/errors.ts';
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Value } from '../../tensor/graph.ts';
import { dynamicQuantizeMatMul } from '../../tensor/ops/dynamic-quantize-mat-mul.ts';
import { matMulNBits } from '../../tensor/ops/mat-mul-n-bits.ts';
import type { LinearSpec } from '../architectures/kit.ts';

export type LinearFormat =
  /** Groups of `blockSize` weights of a row share a scale (and a zero point): `.codes`, `.scales`, `.zero_points`. */
  | {
      readonly kind: 'blocks';
      readonly bits: number;
      readonly blockSize: number;
      readonly zeroPoints: boolean;
      /** How ONNX Runtime may compute: 0 its choice, 1 float32, 4 int8 activations. */
      readonly accuracyLevel: number;
    }
  /** int8 weights with a scale a column, activations quantized as they come: `.columns` [in, out], `.column_scales`. */
  | { readonly kind: 'dynamic-int8' };

/** Whether activations are rounded as they come: then a difference in a last bit can become one of a whole step. */
export const roundsActivations = (format: LinearFormat): boolean =>
  format.kind === 'dynamic-int8' || format.accuracyLevel === 4 || format.accuracyLevel === 0;

/** The product only; biases are added by the kit. `stored` gives a stored tensor by name. */
export function emitQuantizedLinear(
  g: GraphBuilder,
  x: Value,
  name: string,
  spec: LinearSpec,
  format: LinearFormat,
  stored: (part: string) => Value,
): Value {
  const path = `${name}.weight`;
  switch (format.kind) {
    case 'blocks': {
      const inputs = [x, stored(`${path}.codes`), stored(`${path}.scales`)];
      if (format.zeroPoints) inputs.push(stored(`${path}.zero_points`));
      const { bits, blockSize, accuracyLevel } = format;
      const attributes = {
        K: spec.inputs,
        N: spec.outputs,
        bits,
        block_size: blockSize,
        accuracy_level: accuracyLevel,
      };
      return g.op(matMulNBits, inputs, attributes);
    }
    case 'dynamic-int8':
      return g.op(dynamicQuantizeMatMul, [x, stored(`${path}.columns`), stored(`${path}.column_scales`)]);
    default:
      return assertNever(format);
  }
}
