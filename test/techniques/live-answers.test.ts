/** Answers of a model while it is trained: what the written model says, and no longer than the training can afford. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Decoder } from '../../app/generate/decoder.ts';
import { generateIds } from '../../app/generate/generate.ts';
import { openModel } from '../../app/models/model.ts';
import { openStored } from '../../app/models/stored.ts';
import { finetune } from '../../app/techniques/finetune/finetune.ts';
import { affordableTokens } from '../../app/techniques/finetune/live-answers.ts';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';

const ROOT = join(import.meta.dirname, '../fixtures');
const work = await mkdtemp(join(tmpdir(), 'lathe-answers-'));
afterAll(() => rm(work, { recursive: true }));
const PROMPTS = [
  [3, 17, 40],
  [5, 6, 7, 8, 9, 10],
];

async function greedy(folder: string): Promise<number[][]> {
  const decoder = await Decoder.open(await openStored(folder), { threads: 1 });
  const answers: number[][] = [];
  for (const prompt of PROMPTS) {
    decoder.rewind();
    answers.push(await generateIds(decoder, prompt, { maxTokens: 12 }));
  }
  decoder.dispose();
  return answers;
}

describe.each(['lora', 'dora', 'full'] as const)('with %s', (method) => {
  it('are those of the model as it came, and at the end those of the model that is written', async () => {
    const folder = join(ROOT, 'models/llama');
    const out = join(work, method);
    const options = finetuneSchema.parse({ method, learningRate: 1e-2, schedule: 'constant', steps: 4, dropout: 0.3 });
    const said = new Map<number, readonly (readonly number[])[]>();
    const samples = {
      prompts: PROMPTS,
      stopIds: [],
      maxTokens: 12,
      onAnswers: (step: number, answers: readonly (readonly number[])[]) => said.set(step, answers),
    };
    const data = { tokens: join(ROOT, 'train/llama-lora/train.safetensors') };
    const settings = { ...options, evalSteps: 2, dropout: method === 'full' ? 0 : 0.3 };
    await finetune(await openModel(folder), data, out, settings, { threads: 1, samples });
    expect([...said.keys()]).toEqual([0, 2, 4]);
    expect(said.get(0)).toEqual(await greedy(folder));
    expect(said.get(4)).toEqual(await greedy(out));
    expect(said.get(4)).not.toEqual(said.get(0));
  });
});

describe('the length of answers', () => {
  it('is what is asked for where training reads much more', () => {
    expect(affordableTokens([20, 30], 1e6, 96)).toBe(96);
  });

  it('is short where training reads little, and never too short to say anything', () => {
    const tokens = affordableTokens([20, 20, 20], 10_000, 96);
    expect(tokens).toBeGreaterThan(16);
    expect(tokens).toBeLessThan(96);
    expect(affordableTokens([20, 20, 20], 10, 96)).toBe(16);
    expect(affordableTokens([20], 10, 8)).toBe(8);
  });
});
