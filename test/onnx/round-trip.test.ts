/** ONNX to graph to ONNX: the same outputs in ONNX Runtime for every operator and for what other exporters write. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeModel } from '../../app/onnx/decode.ts';
import { encodeModel } from '../../app/onnx/encode.ts';
import { openOnnx } from '../../app/onnx/open.ts';
import { writeOnnx } from '../../app/onnx/write.ts';
import { openSession } from '../../app/runtime/open.ts';
import { CAST_CODES } from '../../app/tensor/cast-codes.ts';
import { byteLength, type DType, TYPED_ARRAYS } from '../../app/tensor/dtype.ts';
import { lower } from '../../app/tensor/lower.ts';
import { OPS, type OpName } from '../../app/tensor/ops/index.ts';
import { float32, int64, type Tensor, tensor } from '../../app/tensor/tensor.ts';
import { verify } from '../../app/tensor/verify.ts';
import { CASES } from '../tensor/op-cases.ts';
import { build, type OpCase, toTensor } from '../tensor/op-harness.ts';
import { attribute, graph, message, model, node, value } from './proto.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-onnx-'));
afterAll(() => rm(work, { recursive: true }));

async function outputs(bytes: Uint8Array, feeds: Record<string, Tensor>, dataFolder?: string) {
  const session = await openSession(bytes, { threads: 1, dataFolder });
  try {
    return await session.run(feeds);
  } finally {
    session.dispose();
  }
}

/** Both models in ONNX Runtime, bit by bit. */
async function sameOutputs(bytes: Uint8Array, feeds: Record<string, Tensor>): Promise<Uint8Array> {
  const decoded = decodeModel(bytes);
  verify(decoded.graph);
  const again = encodeModel(decoded.graph, { ...decoded, valueTypes: true });
  expect(await outputs(again, feeds)).toEqual(await outputs(bytes, feeds));
  // From there on nothing changes any more.
  const twice = decodeModel(again);
  expect(encodeModel(twice.graph, { ...twice, valueTypes: true })).toEqual(again);
  return again;
}

const named = (Object.keys(OPS) as OpName[]).flatMap((name) =>
  (CASES[name] ?? [])
    .filter((c) => !c.noRuntime)
    .map((c): [string, OpName, OpCase] => [c.name ? `${name}: ${c.name}` : name, name, c]),
);

describe('every operator', () => {
  it.each(named)('%s', async (_, name, c) => {
    const { graph: built, feeds } = build(OPS[name], c);
    const given = Object.fromEntries(built.inputs.map((x) => [x.name, toTensor(feeds[x.name])]));
    await sameOutputs(encodeModel(lower(built)), given);
  });
});

const x = float32([2, 2], [1, -2, 3, -4]);

describe('what our own graphs do not have', () => {
  it('If and Loop, with subgraphs that read outer values and hold constants', async () => {
    const branch = (op: string) =>
      graph({ name: op, nodes: [node(op, ['x'], [`y_${op}`])], outputs: [value(`y_${op}`, 1, [2, 2])] });
    const body = graph({
      name: 'body',
      inputs: [value('i', 7, []), value('go', 9, []), value('acc', 1, [2, 2])],
      nodes: [
        node('Identity', ['go'], ['go_on']),
        node('Add', ['acc', 'step'], ['more']),
        node('Mul', ['more', 'two'], ['next']),
      ],
      initialisers: [message((w) => w.tag(2, 0).int32(1).tag(4, 5).float(2).tag(8, 2).string('two'))],
      outputs: [value('go_on', 9, []), value('next', 1, [2, 2])],
    });
    const bytes = model({
      graph: graph({
        inputs: [value('x', 1, [2, 2]), value('flag', 9, []), value('n', 7, [])],
        nodes: [
          node(
            'If',
            ['flag'],
            ['step'],
            [
              attribute('then_branch', 5, (w) => w.tag(6, 2).bytes(branch('Neg'))),
              attribute('else_branch', 5, (w) => w.tag(6, 2).bytes(branch('Abs'))),
            ],
          ),
          node('Loop', ['n', '', 'x'], ['y'], [attribute('body', 5, (w) => w.tag(6, 2).bytes(body))]),
        ],
        outputs: [value('y', 1, [2, 2])],
      }),
    });
    for (const flag of [0, 1]) {
      await sameOutputs(bytes, { x, flag: tensor('bool', [], Uint8Array.of(flag)), n: int64([], [3]) });
    }
  });

  it('Scan, an unnamed and an equally named node, and an optional input left out', async () => {
    const body = graph({
      name: 'body',
      inputs: [value('sum', 1, [2]), value('row', 1, [2])],
      nodes: [node('Add', ['sum', 'row'], ['s']), node('Identity', ['s'], ['o'])],
      outputs: [value('s', 1, [2]), value('o', 1, [2])],
    });
    const bytes = model({
      graph: graph({
        inputs: [value('x', 1, ['rows', 2]), value('zero', 1, [2])],
        nodes: [
          node(
            'Scan',
            ['zero', 'x'],
            ['last', 'all'],
            [
              attribute('body', 5, (w) => w.tag(6, 2).bytes(body)),
              attribute('num_scan_inputs', 2, (w) => w.tag(3, 0).int64(1)),
            ],
          ),
          node('Clip', ['all', '', 'one'], ['y']),
        ],
        initialisers: [
          message((w) =>
            w
              .tag(2, 0)
              .int32(1)
              .tag(9, 2)
              .bytes(new Uint8Array(Float32Array.of(1).buffer))
              .tag(8, 2)
              .string('one'),
          ),
        ],
        outputs: [value('last', 1, [2]), value('y', 1, ['rows', 2])],
      }),
    });
    await sameOutputs(bytes, { x, zero: float32([2], [0, 0]) });
  });

  it('local functions, metadata, producer and documentation', async () => {
    const half = message((w) => {
      w.tag(1, 2).string('Half').tag(10, 2).string('mine').tag(4, 2).string('a').tag(5, 2).string('b');
      w.tag(6, 2).string('by');
      const by = message((v) => v.tag(1, 2).string('value_float').tag(20, 0).int32(1).tag(21, 2).string('by'));
      w.tag(7, 2).bytes(node('Constant', [], ['c'], [by]));
      w.tag(7, 2).bytes(node('Mul', ['a', 'c'], ['b']));
      w.tag(9, 2).bytes(message((v) => v.tag(1, 2).string('').tag(2, 0).int64(17)));
    });
    const bytes = model({
      opsets: { '': 17, mine: 1 },
      graph: graph({
        inputs: [value('x', 1, [2, 2])],
        nodes: [node('Half', ['x'], ['y'], [attribute('by', 1, (w) => w.tag(2, 5).float(0.5))], 'mine')],
        outputs: [value('y', 1, [2, 2])],
      }),
      more: (w) => {
        w.tag(25, 2).bytes(half);
        w.tag(2, 2).string('someone').tag(6, 2).string('about this model');
        w.tag(14, 2).bytes(message((v) => v.tag(1, 2).string('key').tag(2, 2).string('a value')));
      },
    });
    const again = await sameOutputs(bytes, { x });
    const text = Buffer.from(again).toString('latin1');
    for (const kept of ['someone', 'about this model', 'a value', 'Half']) expect(text).toContain(kept);
    expect(decodeModel(again).graph.metadata).toEqual({ key: 'a value' });
  });

  it('text tensors, sparse tensors, sequences, huge integers, bytes that are no text', async () => {
    const words = message((w) => {
      w.tag(1, 0).int64(2).tag(2, 0).int32(8).tag(6, 2).string('yes').tag(6, 2).string('no').tag(8, 2).string('words');
    });
    const sparse = message((w) => {
      w.tag(1, 2).bytes(
        message((v) => v.tag(1, 0).int64(1).tag(2, 0).int32(1).tag(4, 5).float(7).tag(8, 2).string('sparse')),
      );
      w.tag(2, 2).bytes(
        message((v) => v.tag(1, 0).int64(1).tag(2, 0).int32(7).tag(7, 0).int64(3).tag(8, 2).string('at')),
      );
      w.tag(3, 0).int64(2).tag(3, 0).int64(2);
    });
    const ends = attribute('value_ints', 7, (w) => w.tag(8, 0).int64('9223372036854775807'));
    const noText = attribute('value_string', 3, (w) => w.tag(4, 2).bytes(Uint8Array.of(0xff, 0xfe)));
    const bytes = model({
      opsets: { '': 19 },
      graph: graph({
        inputs: [value('x', 1, [2, 2])],
        nodes: [
          node('Constant', [], ['far'], [ends]),
          node('Slice', ['x', 'from', 'far'], ['cut']),
          node('SequenceConstruct', ['cut', 'x'], ['list']),
          node('ConcatFromSequence', ['list'], ['joined'], [attribute('axis', 2, (w) => w.tag(3, 0).int64(0))]),
          node('Add', ['x', 'sparse'], ['sum']),
          node('Identity', ['words'], ['w']),
          node('Equal', ['w', 'words'], ['same']),
          node('Constant', [], ['blob'], [noText]),
        ],
        initialisers: [
          words,
          message((w) => w.tag(1, 0).int64(1).tag(2, 0).int32(7).tag(7, 0).int64(1).tag(8, 2).string('from')),
        ],
        more: (w) => w.tag(15, 2).bytes(sparse),
        outputs: [value('joined', 1, ['n', 2]), value('sum', 1, [2, 2]), value('same', 9, [2])],
      }),
    });
    const again = await sameOutputs(bytes, { x });
    expect((await outputs(again, { x })).sum.data).toEqual(Float32Array.of(1, -2, 3, 3));
  });
});

describe('initialisers', () => {
  const types = Object.keys(CAST_CODES) as DType[];
  it.each(types)('of type %s keep their bits, however they are stored', (dtype) => {
    const count = 4;
    const raw = Uint8Array.from(
      { length: byteLength(dtype, count) },
      (_, i) => (i * 37 + 1) & (dtype === 'bool' ? 1 : 0x7f),
    );
    const inRaw = message((w) =>
      w.tag(1, 0).int64(count).tag(2, 0).int32(CAST_CODES[dtype]).tag(9, 2).bytes(raw).tag(8, 2).string('c'),
    );
    const values = new TYPED_ARRAYS[dtype](raw.buffer.slice(0));
    const inFields = message((w) => {
      w.tag(1, 2)
        .bytes(message((v) => v.int64(count)))
        .tag(2, 0)
        .int32(CAST_CODES[dtype])
        .tag(8, 2)
        .string('c');
      const packed = message((v) => {
        for (const item of values) {
          if (dtype === 'float32' || dtype === 'complex64') v.float(Number(item));
          else if (dtype === 'float64' || dtype === 'complex128') v.double(Number(item));
          else if (dtype === 'uint64') v.uint64(item);
          else v.int64(item);
        }
      });
      const field = {
        float32: 4,
        complex64: 4,
        float64: 10,
        complex128: 10,
        int64: 7,
        uint64: 11,
        uint32: 11,
      } as Record<string, number>;
      w.tag(field[dtype] ?? 5, 2).bytes(packed);
    });
    for (const stored of [inRaw, inFields]) {
      const bytes = model({
        graph: graph({
          nodes: [node('Identity', ['c'], ['y'])],
          initialisers: [stored],
          outputs: [value('y', 1, [4])],
        }),
      });
      const { graph: decoded } = decodeModel(bytes);
      expect(decoded.constants.get('c')).toMatchObject({ dtype, shape: [count], data: values });
      const again = decodeModel(encodeModel(decoded));
      expect(again.graph.constants.get('c')).toEqual(decoded.constants.get('c'));
    }
  });
});

describe('data beside the model', () => {
  it('is read in place, written beside again, and gives the same', async () => {
    const weights = Float32Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i));
    const place = (offset: number, length: number) => (w: BinaryWriter) => {
      w.tag(1, 0).int64(64).tag(1, 0).int64(64).tag(2, 0).int32(1).tag(8, 2).string(`w${offset}`).tag(14, 0).int32(1);
      for (const [k, v] of Object.entries({ location: 'sub/weights.bin', offset, length }))
        w.tag(13, 2).bytes(message((e) => e.tag(1, 2).string(k).tag(2, 2).string(String(v))));
    };
    const folder = await mkdtemp(join(work, 'beside-'));
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, 'sub/weights.bin'), Buffer.concat([Buffer.alloc(64), Buffer.from(weights.buffer)]));
    const bytes = model({
      graph: graph({
        inputs: [value('x', 1, [2, 64])],
        nodes: [node('MatMul', ['x', 'w64'], ['y'])],
        initialisers: [message(place(64, weights.byteLength))],
        outputs: [value('y', 1, [2, 64])],
      }),
    });
    await writeFile(join(folder, 'model.onnx'), bytes);
    const feeds = {
      x: float32(
        [2, 64],
        Array.from({ length: 128 }, (_, i) => i / 64),
      ),
    };
    const expected = await outputs(bytes, feeds, folder);
    const opened = await openOnnx(join(folder, 'model.onnx'));
    for (const inlineBytes of [0, 1e6]) {
      const out = join(folder, `out-${inlineBytes}`, 'model.onnx');
      await writeOnnx(opened, out, { inlineBytes });
      expect(await outputs(await readFile(out), feeds, join(folder, `out-${inlineBytes}`))).toEqual(expected);
      const again = await openOnnx(out);
      expect(again.graph.constants.get('w64')).toMatchObject({ dtype: 'float32', shape: [64, 64] });
    }
  });

  it('inside a large model file stays there', async () => {
    const file = join(work, 'inline.onnx');
    const weights = Float32Array.from({ length: 40_000 }, (_, i) => i);
    const raw = new Uint8Array(weights.buffer);
    const w0 = message((w) => w.tag(1, 0).int64(40_000).tag(2, 0).int32(1).tag(9, 2).bytes(raw).tag(8, 2).string('w'));
    await writeFile(
      file,
      model({
        graph: graph({
          inputs: [value('x', 1, [1])],
          nodes: [node('Add', ['x', 'w'], ['y'])],
          initialisers: [w0],
          outputs: [value('y', 1, [40_000])],
        }),
      }),
    );
    const opened = await openOnnx(file);
    expect(opened.graph.constants.get('w')).toMatchObject({ file, byteLength: 160_000 });
    await writeOnnx(opened, join(work, 'inline-again.onnx'));
    const feeds = { x: float32([1], [1]) };
    expect(await outputs(await readFile(join(work, 'inline-again.onnx')), feeds)).toEqual(
      await outputs(await readFile(file), feeds),
    );
  });
});
