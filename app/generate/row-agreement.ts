/**
 * Whether a row of a product with weights in blocks comes out bit for bit the same alone and beside others. That depends on the
 * kernels that the runtime has for a width, a size of blocks and a processor (with AVX-512, 4 bits: yes in groups of 16 and 32,
 * no from 64 on), so it is tried with numbers drawn at random, once in a process for each kind of product.
 */
import type { Described } from '../models/architectures/index.ts';
import { containerOf } from '../models/graphs/bit-planes.ts';
import { type Blocks, emitQuantizedLinear, type LinearFormat } from '../models/graphs/quantized-linear.ts';
import { buildScoringGraph } from '../models/graphs/scoring-graph.ts';
import type { StoredModel } from '../models/stored.ts';
import { encodeModel } from '../onnx/encode.ts';
import { openSession } from '../runtime/open.ts';
import { GraphBuilder } from '../tensor/builder.ts';
import { lower } from '../tensor/lower.ts';
import { Random } from '../tensor/random.ts';
import { float32, tensor } from '../tensor/tensor.ts';

const ROWS = 8;
/** Columns tried, and those that are left where not all come in whole tiles. */
const COLUMNS = 64;
const TILE = 16;

const tried = new Map<string, Promise<boolean>>();

/** @throws UserError runtime/failed */
export async function rowsAgree(model: Described & Pick<StoredModel, 'formats' | 'weights'>): Promise<boolean> {
  const { linears } = buildScoringGraph(model, 1);
  const head = model.architecture.head(model.config);
  for (const [name, format] of model.formats) {
    if (format.kind !== 'blocks') continue;
    const table = { inputs: head.width, outputs: head.vocabulary };
    const { inputs, outputs } = linears.get(name) ?? table;
    const columns = COLUMNS + (outputs % TILE);
    const key = JSON.stringify([format, inputs, columns]);
    let agreement = tried.get(key);
    if (!agreement) tried.set(key, (agreement = tryProduct(format, inputs, columns)));
    if (!(await agreement)) return false;
  }
  return true;
}

async function tryProduct(format: Blocks, inputs: number, outputs: number): Promise<boolean> {
  const random = new Random([inputs, outputs]);
  const g = new GraphBuilder();
  const groups = Math.ceil(inputs / format.blockSize);
  const bits = containerOf(format.bits);
  const bytes = (shape: readonly number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return g.constant(
      tensor(
        'uint8',
        shape,
        Uint8Array.from({ length: size }, () => random.fraction() * 256),
      ),
    );
  };
  const plain: LinearFormat = { ...format, bits, perRow: undefined, scales: undefined };
  const parts = {
    part: (name: string) =>
      name.endsWith('scales')
        ? g.constant(
            float32(
              [outputs, groups],
              Float32Array.from({ length: outputs * groups }, () => random.fraction()),
            ),
          )
        : bytes([outputs, Math.ceil((groups * bits) / 8)]),
    codes: () => bytes([outputs, groups, (format.blockSize * bits) / 8]),
  };
  const x = g.input('x', 'float32', ['rows', inputs]);
  g.output(emitQuantizedLinear(g, x, 'tried', { inputs, outputs, bias: false }, plain, parts), 'y');
  const session = await openSession(encodeModel(lower(g.build())), { threads: 1 });
  try {
    const values = Float32Array.from({ length: ROWS * inputs }, () => 2 * random.fraction() - 1);
    const product = async (begin: number, end: number) => {
      const rows = float32([end - begin, inputs], values.subarray(begin * inputs, end * inputs));
      return (await session.run({ x: rows })).y.data as Float32Array;
    };
    const together = await product(0, ROWS);
    for (let row = 0; row < ROWS; row++) {
      const alone = await product(row, row + 1);
      if (alone.some((value, i) => value !== together[row * outputs + i])) return false;
    }
    return true;
  } finally {
    session.dispose();
  }
}
