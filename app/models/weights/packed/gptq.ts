/**
 * Linear layers as GPTQ checkpoints hold them: `qweight` int32 [inputs * bits / 32, outputs], the codes of an output one
 * after the other from the lowest bit on; `qzeros` int32 [groups, outputs * bits / 32], likewise along the outputs; `scales`
 * float16 [groups, outputs]; `g_idx` int32 [inputs], the group of each input. A weight is (code - zero) * scale. What the
 * format calls `gptq` holds zeros less one, `gptq_v2` as they are.
 */
import { UserError } from '../../../contract/errors.ts';

export interface GptqTensors {
  readonly qweight: Int32Array<ArrayBuffer>;
  readonly qzeros: Int32Array<ArrayBuffer>;
  /** [groups, outputs] */
  readonly scales: Float32Array<ArrayBuffer>;
  /** Absent: the inputs fall into groups of one length, in order. */
  readonly groupOf?: Int32Array<ArrayBuffer>;
}

export interface GptqShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: number;
  /** 2, 3, 4 or 8 */
  readonly bits: number;
  /** What is added to a stored zero: 1 for `gptq`, 0 for `gptq_v2`. */
  readonly zeroOffset: 0 | 1;
}

/**
 * `qweight` out of rows of codes, the lowest bits first. A row may hold more words than there are inputs.
 * @param codes [outputs, at least inputs * bits / 8]; inputs must be whole words
 */
export function packCodes(
  codes: Uint8Array<ArrayBuffer>,
  { inputs, outputs, bits }: GptqShape,
): Int32Array<ArrayBuffer> {
  const words = (inputs * bits) / 32;
  const stored = new Int32Array(codes.buffer, codes.byteOffset, codes.byteLength / 4);
  const stride = stored.length / outputs;
  const qweight = new Int32Array(words * outputs);
  for (let n = 0; n < outputs; n++) for (let w = 0; w < words; w++) qweight[w * outputs + n] = stored[n * stride + w];
  return qweight;
}

/** `qzeros`. @param zeros [outputs, groups], one a byte; outputs must be whole words */
export function packZeros(
  zeros: Uint8Array,
  { outputs, groups, bits, zeroOffset }: GptqShape,
): Int32Array<ArrayBuffer> {
  const width = (outputs * bits) / 32;
  const mask = 2 ** bits - 1;
  const qzeros = new Int32Array(groups * width);
  for (let n = 0; n < outputs; n++) {
    const [word, shift] = [(n * bits) >> 5, (n * bits) & 31];
    for (let g = 0; g < groups; g++) {
      qzeros[g * width + word] |= ((zeros[n * groups + g] - zeroOffset) & mask) << shift;
    }
  }
  return qzeros;
}

/**
 * @returns weights [outputs, inputs]
 * @throws UserError weights/corrupt for a group that there is not
 */
export function unpackGptq(tensors: GptqTensors, shape: GptqShape): Float32Array<ArrayBuffer> {
  const { inputs, outputs, groups, bits, zeroOffset } = shape;
  const { qweight, qzeros, scales, groupOf } = tensors;
  const mask = 2 ** bits - 1;
  const zeros = new Uint8Array(groups * outputs);
  const width = qzeros.length / groups;
  for (let g = 0; g < groups; g++) {
    for (let n = 0; n < outputs; n++) {
      const at = g * width + ((n * bits) >> 5);
      zeros[g * outputs + n] = (codeAt(qzeros, at, at + 1, (n * bits) & 31, bits) + zeroOffset) & mask;
    }
  }
  const weights = new Float32Array(outputs * inputs);
  const groupSize = Math.ceil(inputs / groups);
  for (let k = 0; k < inputs; k++) {
    const group = groupOf ? groupOf[k] : Math.floor(k / groupSize);
    if (group < 0 || group >= groups) throw new UserError('weights/corrupt', `there is no group ${group} of ${groups}`);
    const [first, shift] = [((k * bits) >> 5) * outputs, (k * bits) & 31];
    for (let n = 0; n < outputs; n++) {
      const code = codeAt(qweight, first + n, first + outputs + n, shift, bits);
      weights[n * inputs + k] = (code - zeros[group * outputs + n]) * scales[group * outputs + n];
    }
  }
  return weights;
}

/** A code that begins at bit `shift` of one word and may end in the next one of its stream. */
function codeAt(words: Int32Array, at: number, next: number, shift: number, bits: number): number {
  const low = words[at] >>> shift;
  const code = shift + bits > 32 ? low | (words[next] << (32 - shift)) : low;
  return code & (2 ** bits - 1);
}
