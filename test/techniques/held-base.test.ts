/** Training on a base in few bits: the same losses as on a model whose weights were rounded before, merged onto the exact ones. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readAdapter } from '../../app/models/adapter.ts';
import { heldFormat } from '../../app/models/graphs/held-weights.ts';
import { buildLossGraph } from '../../app/models/graphs/training-graph.ts';
import { type Model, openModel } from '../../app/models/model.ts';
import { readBlocks, roundToBlocks } from '../../app/models/weights/blocks.ts';
import { readFloats } from '../../app/models/weights/constants.ts';
import { writeModelFolder } from '../../app/models/write-folder.ts';
import { finetune } from '../../app/techniques/finetune/finetune.ts';
import { mergeAdapter } from '../../app/techniques/finetune/lora.ts';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';
import { Random } from '../../app/tensor/random.ts';
import { transpose } from '../../app/tensor/transpose-matrix.ts';

const ROOT = join(import.meta.dirname, '../fixtures');
const work = await mkdtemp(join(tmpdir(), 'lathe-held-'));
afterAll(() => rm(work, { recursive: true }));
const fixed = { learningRate: 1e-3, schedule: 'constant', maxGradNorm: 0, steps: 8, seed: 3 } as const;

describe('roundToBlocks', () => {
  const random = new Random([1]);
  const values = Float32Array.from({ length: 256 }, () => random.fraction() - 0.5);
  it.each([4, 8] as const)('keeps every value within half a step of its block in %s bits', (bits) => {
    const blocks = roundToBlocks(values, bits, 32);
    const back = readBlocks(blocks, bits, 32);
    // The outermost code on the other side is one step short.
    const worst = values.map((v, i) => Math.abs(v - back[i]) / Math.abs(blocks.scales[i >> 5]));
    expect(Math.max(...worst)).toBeLessThanOrEqual(1 + 1e-4);
    expect(worst.filter((steps) => steps <= 0.5 + 1e-4).length).toBeGreaterThan(200);
  });
  it('keeps zeros', () =>
    expect(readBlocks(roundToBlocks(new Float32Array(8), 4, 8), 4, 8)).toEqual(new Float32Array(8)));
});

/** A copy of the model with its linear layers and its tables of tokens rounded as they are held in training. */
async function rounded(model: Model, bits: 4 | 8, out: string): Promise<Model> {
  const { kit } = buildLossGraph(model, { maxLength: 8, trains: () => false });
  const replaced = new Map<string, () => Promise<Float32Array>>();
  const round = (path: string, of: 4 | 8, spec: { inputs: number; outputs: number; layout?: string }) =>
    replaced.set(path, async () => {
      const turn = spec.layout === 'in-out';
      const values = await readFloats(model.weights.get(path)!);
      const { blockSize } = heldFormat(of, spec.inputs)!;
      const back = readBlocks(
        roundToBlocks(turn ? transpose(values, spec.inputs, spec.outputs) : values, of, blockSize),
        of,
        blockSize,
      );
      return turn ? transpose(back, spec.outputs, spec.inputs) : back;
    });
  for (const [name, spec] of kit.linears) round(`${name}.weight`, bits, spec);
  const table = `${kit.tokenEmbedding}.weight`;
  const [outputs, inputs] = model.weights.get(table)!.shape;
  round(table, 8, { inputs, outputs });
  const head = `${model.architecture.head(model.config).name}.weight`;
  if (head !== table && model.weights.has(head)) round(head, 8, { inputs, outputs });
  await writeModelFolder(out, model, { replaced, step: { technique: 'rounded', options: {}, when: '' } as never });
  return openModel(out);
}

describe.each([
  ['llama', 'qlora', 4],
  ['gpt2', 'lora', 4],
  ['llama', 'lora', 8],
  ['gpt2', 'dora', 8],
] as const)('%s, %s on a base of %s bits', (family, method, baseBits) => {
  const data = { tokens: join(ROOT, 'train', family === 'gpt2' ? 'gpt2-lora' : 'llama-lora', 'train.safetensors') };
  const name = `${family}-${method}-${baseBits}`;

  it('learns what LoRA learns on rounded weights', async () => {
    const model = await openModel(join(ROOT, 'models', family));
    const plain = finetuneSchema.parse({ ...fixed, method: method === 'dora' ? 'dora' : 'lora' });
    const base = await rounded(model, baseBits, join(work, `${name}-base`));
    const expected = await finetune(base, data, join(work, `${name}-expected`), plain, { threads: 1 });
    const options = finetuneSchema.parse({ ...fixed, method, baseBits });
    const { losses } = await finetune(model, data, join(work, name), options, { threads: 1 });
    expect(losses[7]).not.toBeCloseTo(losses[0], 1);
    for (const [i, loss] of losses.entries()) {
      expect(Math.abs(loss - expected.losses[i]), `step ${i}`).toBeLessThan(3e-3);
    }
  });

  it('merges onto the weights as they were before', async () => {
    const model = await openModel(join(ROOT, 'models', family));
    const [merged, adapter] = [await openModel(join(work, name)), await readAdapter(join(work, name, 'adapter'))];
    const { linears } = buildLossGraph(model, { maxLength: 8, trains: () => false }).kit;
    const [module, spec] = [...adapter.modules][1];
    const weight = await readFloats(model.weights.get(`${module}.weight`)!);
    const part = (end: string) => adapter.weights.get(`${module}.${end}`);
    const magnitude = part('lora_magnitude_vector');
    const parts = {
      a: await readFloats(part('lora_A.weight')!),
      b: await readFloats(part('lora_B.weight')!),
      magnitude: magnitude && (await readFloats(magnitude)),
    };
    mergeAdapter(weight, parts, linears.get(module)!, spec);
    const actual = await readFloats(merged.weights.get(`${module}.weight`)!);
    expect(Math.max(...actual.map((v, i) => Math.abs(v - weight[i])))).toBeLessThan(1e-6);
  });
});

it('smooths answers and restrains the normaliser alike with a whole head and with one in chunks', async () => {
  const model = await openModel(join(ROOT, 'models/llama'));
  const data = { tokens: join(ROOT, 'train/llama-lora/train.safetensors') };
  const base = await rounded(model, 8, join(work, 'loss-base'));
  const loss = { labelSmoothing: 0.1, zLoss: 1e-2 };
  const plain = await finetune(base, data, join(work, 'loss-0'), finetuneSchema.parse({ ...fixed, ...loss }), {
    threads: 1,
  });
  const options = finetuneSchema.parse({ ...fixed, ...loss, baseBits: 8 });
  const { losses } = await finetune(model, data, join(work, 'loss-1'), options, { threads: 1 });
  for (const [i, value] of losses.entries()) {
    expect(Math.abs(value - plain.losses[i]), `step ${i}`).toBeLessThan(3e-3);
  }
  const without = await finetune(base, data, join(work, 'loss-2'), finetuneSchema.parse(fixed), { threads: 1 });
  expect(Math.abs(without.losses[0] - plain.losses[0])).toBeGreaterThan(0.05);
});
