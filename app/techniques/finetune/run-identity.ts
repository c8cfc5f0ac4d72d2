/** What makes two runs the same run: a checkpoint only continues the one that it came from. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Model } from '../../models/model.ts';
import type { TrainingData } from './open-source.ts';
import type { FinetuneOptions } from './schema.ts';

/** Identifies a file's content without reading all of a large one. */
async function fingerprint(path: string): Promise<string> {
  const { size } = await stat(path);
  const hash = createHash('sha256').update(String(size));
  for await (const chunk of createReadStream(path, { end: 1 << 24 })) hash.update(chunk as Buffer);
  return hash.digest('hex').slice(0, 16);
}

type RunOptions = Pick<FinetuneOptions, 'checkpointMinutes' | 'checkpointSteps'> & Readonly<Record<string, unknown>>;

/** What a checkpoint must agree with. Threads and the clock may differ. */
export async function identifyRun(
  model: Model,
  data: TrainingData,
  options: RunOptions,
  validation?: TrainingData,
): Promise<Record<string, unknown>> {
  const { checkpointMinutes, checkpointSteps, ...run } = options;
  const [first] = model.weights.values();
  return {
    ...run,
    model: await fingerprint(first.file),
    data: await identityOf(data),
    ...(validation ? { validation: await identityOf(validation) } : {}),
  };
}

async function identityOf(data: TrainingData): Promise<unknown> {
  if ('tokens' in data) return fingerprint(data.tokens);
  const { store, parts } = data;
  const mixed = parts?.map(({ count, weight }) => [count, weight]);
  return [store.count, store.tokens, store.supervised, ...(mixed ? [mixed] : [])];
}
