/** What of conversations is learnt is also what is measured: on another file while training, and before and after. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { CommandContext } from '../../app/cli/command.ts';
import { loadValidation, qualityRequest } from '../../app/cli/training-data.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-loss-on-'));
afterAll(() => rm(work, { recursive: true }));
const folder = join(import.meta.dirname, '../fixtures/tokenizers/smollm2');
const file = join(work, 'chats.jsonl');
const says = (role: string, content: string) => ({ role, content });
const messages = [says('user', 'One?'), says('assistant', 'Two.'), says('user', 'And?'), says('assistant', 'Three.')];
await writeFile(file, JSON.stringify({ messages }));

it('follows to the data of --eval and to the figures before and after', async () => {
  const context = { say: () => {}, signal: undefined } as unknown as CommandContext;
  const counts: number[] = [];
  for (const lossOn of ['last-answer', 'answers', 'all'] as const) {
    const options = { maxLength: 128, heldOut: 0, seed: 0, limit: 10, lossOn };
    const data = await loadValidation(folder, file, undefined, options, context);
    if (data && 'store' in data) counts.push(data.store.supervised);
    expect(qualityRequest(file, options)).toMatchObject({ kind: 'answers', loss: lossOn });
  }
  const [last, answers, all] = counts;
  expect(last).toBeGreaterThan(0);
  expect(answers).toBeGreaterThan(last);
  expect(all).toBeGreaterThan(answers);
});
