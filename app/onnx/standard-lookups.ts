/**
 * Rows of block-quantized tables in standard operators: ONNX Runtime's build for WebGPU, which transformers.js loads in a
 * browser for WebAssembly too, has no GatherBlockQuantized on the processor (1.30, 1.31 of September 2026), and on a GPU
 * only for 4 and 8 bits. Exports that browsers may open (`onnx`, `transformers.js`) have it; those for native runtimes
 * (`onnxruntime-mobile`, `onnxruntime-genai`) keep the one operator. It costs nothing: CPU time of the starter in 4 bits,
 * in turns, 1.03 of the other a token and 0.96 for 128, within what repeats differ.
 */
import type { GraphBuilder } from '../tensor/builder.ts';
import { type Graph, known, type Node, type Value } from '../tensor/graph.ts';
import { tensor } from '../tensor/tensor.ts';
import { rewriteNodes } from './fusions/fusion.ts';

/** The same values from Gather, shifts, and a product; indices [batch, length]. */
export const standardLookups = (graph: Graph): Graph =>
  rewriteNodes(graph, (g, node) => {
    if (node.op !== 'GatherBlockQuantized') return false;
    g.scoped(node.name, () => rewrite(g, node));
    return true;
  });

function rewrite(g: GraphBuilder, node: Node): void {
  const [codes, ids, scales] = node.inputs.slice(0, 3).map(known);
  const zeros = node.inputs[3];
  const bits = Number(node.attributes.bits?.value);
  const size = Number(node.attributes.block_size?.value);
  const blocks = Number(scales.shape[1]);
  const reshape = (x: Value, width: number) => g.op('Reshape', [x, g.int64s([0, 0, blocks, width])]);
  const floats = (table: Value, width: number) =>
    reshape(g.cast(unpacked(g, g.gather(table, ids), bits, blocks * width), 'float32'), width);
  const zero = zeros ? floats(known(zeros), 1) : g.scalar(2 ** (bits - 1));
  const values = g.mul(g.op('Sub', [floats(codes, size), zero]), reshape(g.gather(scales, ids), 1));
  const shape = g.int64s([0, 0, blocks * size]);
  g.append({ ...node, op: 'Reshape', domain: '', inputs: [values, shape], attributes: {} });
}

/** One code a byte [batch, length, count] from bytes that hold several, the lowest bits first. */
function unpacked(g: GraphBuilder, bytes: Value, bits: number, count: number): Value {
  if (bits === 8) return bytes;
  const parts = 8 / bits;
  const steps = g.constant(
    tensor(
      'uint8',
      [parts],
      Uint8Array.from({ length: parts }, (_, part) => part * bits),
    ),
  );
  const spread = g.op('BitShift', [g.op('Unsqueeze', [bytes, g.int64s([3])]), steps], { direction: 'RIGHT' });
  const cut = g.op('BitwiseAnd', [spread, g.scalar(2 ** bits - 1, 'uint8')]);
  const whole = g.op('Reshape', [cut, g.int64s([0, 0, -1])]);
  if (Number(bytes.shape[2]) * parts === count) return whole;
  return g.op('Slice', [whole, g.int64s([0]), g.int64s([count]), g.int64s([2])]);
}
