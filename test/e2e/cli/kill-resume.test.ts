/** A training run that is killed at a random moment goes on to the very same losses and the very same bytes. */
import { createHash, randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lathe, ROOT } from './lathe.ts';

let lathe: Lathe;
beforeAll(async () => {
  lathe = await Lathe.start();
});
afterAll(() => lathe.end());

const words = (out: string) => [
  ...['finetune', 'starter', '--data', join(ROOT, 'resources/data/plants-train.jsonl'), '--out', out],
  ...['--method', 'lora', '--dropout', '0.1', '--steps', '30', '--batch-size', '2', '--max-length', '128'],
  ...['--checkpoint-steps', '3', '--no-measure', '--seed', '3', '--json'],
  // Held-out rows are measured in between and say which weights are written.
  ...['--held-out', '0.2', '--eval-steps', '4', '--eval-examples', '20', '--learning-rate', '3e-2'],
];

const digest = async (file: string) =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex');

it('survives kill -9, three times over', async () => {
  const whole = JSON.parse((await lathe.run(...words(lathe.path('whole')))).stdout);

  const out = lathe.path('killed');
  for (let round = 0; round < 3; round++) {
    const { child, finished } = lathe.spawn(...words(out), ...(round > 0 ? ['--resume'] : []));
    await Promise.race([pause(randomInt(600, 3000)), finished]);
    child.kill('SIGKILL');
    await finished;
  }
  const { status, stdout, stderr } = await lathe.run(...words(out), '--resume');
  expect(status, stdout + stderr).toBe(0);
  const resumed = JSON.parse(stdout);
  expect(resumed.losses).toEqual(whole.losses);
  expect(resumed.evaluations).toEqual(whole.evaluations);
  expect([resumed.kept, resumed.best]).toEqual([whole.kept, whole.best]);
  for (const file of ['model.safetensors', 'adapter/adapter_model.safetensors']) {
    expect(await digest(join(resumed.model, file)), file).toBe(await digest(join(whole.model, file)));
  }
});
