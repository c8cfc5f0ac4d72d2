/**
 * Linear layers as AWQ checkpoints hold them (version `gemm`, 4 bits): `qweight` int32 [inputs, outputs / 8] and `qzeros`
 * int32 [groups, outputs / 8], eight neighbouring outputs a word in an order that suits a GPU's kernel, `scales` float16
 * [groups, outputs]. A weight is (code - zero) * scale.
 */
import type { GptqTensors } from './gptq.ts';

/** Which of the eight outputs of a word lies in its 4 bits from the lowest on. */
const ORDER = [0, 2, 4, 6, 1, 3, 5, 7];

export interface AwqShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: number;
}

/** @returns weights [outputs, inputs] */
export function unpackAwq(
  { qweight, qzeros, scales }: Omit<GptqTensors, 'groupOf'>,
  { inputs, outputs, groups }: AwqShape,
): Float32Array<ArrayBuffer> {
  const weights = new Float32Array(outputs * inputs);
  const words = outputs / 8;
  const groupSize = inputs / groups;
  for (let k = 0; k < inputs; k++) {
    const group = Math.floor(k / groupSize);
    for (let w = 0; w < words; w++) {
      const [codes, zeros] = [qweight[k * words + w], qzeros[group * words + w]];
      for (let i = 0; i < 8; i++) {
        const n = w * 8 + ORDER[i];
        const steps = ((codes >>> (4 * i)) & 15) - ((zeros >>> (4 * i)) & 15);
        weights[n * inputs + k] = steps * scales[group * outputs + n];
      }
    }
  }
  return weights;
}
