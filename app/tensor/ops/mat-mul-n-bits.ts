/**
 * ONNX Runtime's product with block-quantized weights: x [..., K] times the transpose of W [N, K]. W is held as codes
 * uint8 [N, K/block, block*bits/8], one scale a block [N, K/block] (or flat), optionally one zero point a block, packed
 * (2^(bits-1) without), and an optional bias [N]. Only x and the bias can be differentiated by.
 */
import { int } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import { elements } from '../dims.ts';
import type { Value } from '../graph.ts';
import { type Doubles, defineOp, MICROSOFT } from '../op.ts';
import { tensor } from '../tensor.ts';
import { doubles } from './evaluate.ts';
import { multiply } from './matrices.ts';
import { sumToVector } from './norms.ts';
import { codeAt, unpackNibbles } from './packed-codes.ts';

interface Attributes {
  readonly K: number;
  readonly N: number;
  readonly bits: number;
  readonly block_size: number;
}

const blocksOf = ({ K, block_size }: Attributes): number => Math.ceil(K / block_size);

/** [N, K] */
function weights([, codes, scales, zeros]: readonly Doubles[], attrs: Attributes): Doubles {
  const { K, N, bits, block_size } = attrs;
  const blocks = blocksOf(attrs);
  const [rowBytes, zeroBytes] = [codes.data.length / N, (zeros?.data.length ?? 0) / N];
  const out = doubles(scales.dtype, [N, K]);
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < K; k++) {
      const block = Math.floor(k / block_size);
      const zero = zeroAt(zeros, n * blocks + block, n * zeroBytes, block, bits);
      out.data[n * K + k] = (codeAt(codes, n * rowBytes, k, bits) - zero) * scales.data[n * blocks + block];
    }
  }
  return out;
}

/** Zero points are packed codes, or numbers of the scales' type. */
function zeroAt(zeros: Doubles | undefined, flat: number, start: number, block: number, bits: number): number {
  if (!zeros) return 2 ** (bits - 1);
  return zeros.dtype === 'uint8' ? codeAt(zeros, start, block, bits) : zeros.data[flat];
}

/** The weights as floats [N, K], made in the graph: by DequantizeLinear from one byte a code, or from 4-bit constants. */
function dequantized(g: GraphBuilder, [, codes, scales, zeros]: readonly Value[], attrs: Attributes): Value {
  const { K, N, bits, block_size } = attrs;
  const blocks = blocksOf(attrs);
  if (bits !== 4 && bits !== 8) throw new Error(`no gradient through weights of ${bits} bits`);
  if (zeros && zeros.dtype !== 'uint8') throw new Error('no gradient through weights whose zero points are not packed');
  const table = g.reshape(scales, [N, blocks]);
  const known = bits === 4 && !zeros ? g.constantOf(codes) : undefined;
  const spread = (bytes: Value) => (bits === 4 ? unpackNibbles(g, bytes) : bytes);
  const width = blocks * block_size;
  // A constant is read as the 4-bit type it is; what is fed is bytes and must be unpacked.
  const [wide, middle] = known
    ? [
        g.constant(tensor('uint4', [N, width], known.data)),
        g.constant(tensor('uint4', [N, blocks], new Uint8Array(Math.ceil((N * blocks) / 2)).fill(0x88))),
      ]
    : [
        spread(g.reshape(codes, [N, (width * bits) / 8])),
        zeros
          ? spread(g.reshape(zeros, [N, Math.ceil((blocks * bits) / 8)]))
          : g.expand(g.scalar(2 ** (bits - 1), 'uint8'), [N, blocks]),
      ];
  const points = middle.shape[1] === blocks ? middle : g.slice(middle, 1, 0, blocks);
  const all = g.op('DequantizeLinear', [wide, table, points], { axis: 1, block_size });
  return width === K ? all : g.slice(all, 1, 0, K);
}

export const matMulNBits = defineOp('MatMulNBits', {
  domain: MICROSOFT,
  attrs: { K: int(0), N: int(0), bits: int(4), block_size: int(32), accuracy_level: int(0) },
  shape: ({ inputs: [x], attrs }) => [{ dtype: x.dtype, shape: [...x.shape.slice(0, -1), attrs.N] }],
  grad: ({ g, attrs, inputs, dys: [dy], needs }) => {
    const [x, , scales, , , bias] = inputs;
    if (needs[2]) throw new Error(`${scales.name}: no gradient by the scales of quantized weights`);
    if (needs[4]) throw new Error('no gradient through reordered groups');
    const dx = () => {
      const rows = elements(x.shape.slice(0, -1));
      const flat = g.reshape(dy, [rows, attrs.N]);
      return g.reshape(g.matmul(flat, dequantized(g, inputs, attrs)), x.shape);
    };
    const dBias = bias && needs[5] ? sumToVector(g, dy) : undefined;
    return [needs[0] ? dx() : undefined, undefined, undefined, undefined, undefined, dBias];
  },
  evaluate: ({ inputs, attrs }) => {
    if (inputs[4]) throw new Error('the reference does not reorder groups');
    const [product] = multiply(inputs[0], weights(inputs, attrs), { transX: false, transY: true, alpha: 1 });
    const bias = inputs[5];
    if (!bias) return [product];
    return [{ ...product, data: product.data.map((v, i) => v + bias.data[i % attrs.N]) }];
  },
});
