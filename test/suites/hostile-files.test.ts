/** Real files of every binary format, mutated: only errors that the user can mend may come out, quickly and in little memory. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../app/contract/errors.ts';
import { readRows } from '../../app/datasets/readers/index.ts';
import { exportModel } from '../../app/export/index.ts';
import { readConstant } from '../../app/models/weights/constants.ts';
import { openWeights } from '../../app/models/weights/index.ts';
import { openOnnx } from '../../app/onnx/open.ts';
import { verify } from '../../app/tensor/verify.ts';
import { makeTinyModel } from '../models/tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-hostile-'));
afterAll(() => rm(work, { recursive: true }));

const originals: Record<string, Buffer> = {};
const ROWS = Array.from({ length: 40 }, (_, i) => ({ prompt: `question ${i}`, completion: `answer ${i * i}` }));

beforeAll(async () => {
  const model = await makeTinyModel(work, 'llama');
  const options = { threads: 1, prompts: [[1, 2, 3]] };
  const gguf = await exportModel(model, 'gguf-q8_0', join(work, 'gguf'), options);
  const onnx = await exportModel(model, 'onnx', join(work, 'onnx'), options);
  originals['model.safetensors'] = await readFile(join(model, 'model.safetensors'));
  originals['model.gguf'] = await readFile(
    join(gguf.folder, gguf.files.find(({ path }) => path.endsWith('.gguf'))!.path),
  );
  originals['model.onnx'] = await readFile(join(onnx.folder, 'onnx/model.onnx'));
  const text = ROWS.map((row) => JSON.stringify(row)).join('\n');
  originals['rows.jsonl'] = Buffer.from(`${text}\n`);
  await writeFile(join(work, 'source.jsonl'), text);
  const database = await (await DuckDBInstance.create()).connect();
  const parquet = join(work, 'source.parquet');
  await database.run(
    `COPY (SELECT * FROM read_json('${join(work, 'source.jsonl')}')) TO '${parquet}' (FORMAT parquet)`,
  );
  database.closeSync();
  originals['rows.parquet'] = await readFile(parquet);
  // The data that model.onnx refers to lies beside the mutants.
  await writeFile(join(work, 'model.onnx_data'), await readFile(join(onnx.folder, 'onnx/model.onnx_data')));
});

/** One change of a file: where (as a share of its length, the beginning more often), and what. */
const place = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.02, noNaN: true }));
const change = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: place, value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({
    kind: fc.constant('number' as const),
    at: place,
    value: fc.constantFrom(0n, 1n, 0x7fffffffn, 0xffffffffn, 2n ** 40n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n),
  }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('drop' as const), at: place, length: fc.integer({ min: 1, max: 64 }) }),
  fc.record({ kind: fc.constant('repeat' as const), at: place, length: fc.integer({ min: 1, max: 64 }) }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function mutate(original: Buffer, changes: readonly Change[]): Buffer {
  return changes.reduce((bytes, c) => {
    const at = Math.floor(c.at * bytes.length);
    switch (c.kind) {
      case 'set':
        if (at < bytes.length) bytes[at] = c.value;
        return bytes;
      case 'number':
        if (at + 8 <= bytes.length) bytes.writeBigUInt64LE(c.value, at);
        return bytes;
      case 'cut':
        return bytes.subarray(0, at);
      case 'drop':
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + c.length)]);
      default:
        return Buffer.concat([bytes.subarray(0, at + c.length), bytes.subarray(at)]);
    }
  }, Buffer.from(original));
}

const READERS: Readonly<Record<string, (path: string) => Promise<void>>> = {
  async 'model.safetensors'(path) {
    const source = await openWeights(path);
    try {
      for (const name of source.tensors.keys()) await source.readFloat32(name);
    } finally {
      await source.close();
    }
  },
  async 'model.onnx'(path) {
    const { graph } = await openOnnx(path);
    for (const constant of graph.constants.values()) await readConstant(constant);
    try {
      verify(graph);
    } catch (error) {
      if ((error as Error).name !== 'GraphError') throw error;
    }
  },
  async 'rows.jsonl'(path) {
    for await (const batch of readRows(path)) expect(batch.length).toBeGreaterThan(0);
  },
};

describe.each([
  ['model.safetensors', 'model.safetensors', 150],
  ['model.gguf', 'model.safetensors', 150],
  ['model.onnx', 'model.onnx', 150],
  ['rows.jsonl', 'rows.jsonl', 60],
  ['rows.parquet', 'rows.jsonl', 40],
] as const)('%s', (name, reader, numRuns) => {
  it('is read as it is', async () => {
    const path = join(work, `good-${name}`);
    await writeFile(path, originals[name]);
    await READERS[reader](path);
  });

  it('mutated, is read or refused', async () => {
    const path = join(work, name);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        await writeFile(path, mutate(originals[name], changes));
        const before = process.memoryUsage().rss;
        try {
          await READERS[reader](path);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          expect(error.hint).not.toBe('');
          refused += 1;
        }
        expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
      }),
      { numRuns, seed: 20_26 },
    );
    if (name !== 'rows.jsonl') expect(refused).toBeGreaterThan(numRuns / 10);
  });
});
