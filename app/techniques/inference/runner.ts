/** One way of running a model, opened and warmed up: what an answer or a step of many requests costs. */
import { BatchDecoder } from '../../generate/batch/batch-decoder.ts';
import { Decoder } from '../../generate/decoder.ts';
import { generateIds } from '../../generate/generate.ts';
import { openStored } from '../../models/stored.ts';
import { type Candidate, DEFAULT_BATCH } from './candidates.ts';

/** Tokens of the standard answer. */
export const ANSWER = 24;
/** Steps of a batch in one measurement. */
const STEPS = 4;

export interface Runner {
  /** Milliseconds a token. */
  measure(candidate: Candidate): Promise<number>;
  dispose(): void;
}

/** A prompt read and an answer written, as one user waits for it. */
export async function openAnswering(
  folder: string,
  prompt: readonly number[],
  candidate: Candidate,
  sample?: readonly number[],
): Promise<Runner> {
  const maxLength = prompt.length + ANSWER + 1;
  const decoder = await Decoder.open(await openStored(folder), { ...candidate, sample, maxLength });
  return {
    async measure({ speculate }) {
      const begin = performance.now();
      const ids = await generateIds(decoder, prompt, { maxTokens: ANSWER, speculate });
      return (performance.now() - begin) / ids.length;
    },
    dispose: () => decoder.dispose(),
  };
}

/**
 * As a server is busy with as many sequences at once as the candidate says: they step together, and each time one has its
 * answer, the prompt of the next is read.
 */
export async function openBatch(
  folder: string,
  prompt: readonly number[],
  candidate: Candidate,
  sample?: readonly number[],
): Promise<Runner> {
  const { batch = DEFAULT_BATCH, cacheType: _, ...settings } = candidate;
  const stored = await openStored(folder);
  const decoder = await BatchDecoder.open(stored, {
    ...settings,
    sample,
    lanes: batch,
    maxLength: prompt.length + STEPS,
  });
  const read = () => decoder.read(0, 0, prompt, true);
  await read();
  for (let lane = 1; lane < batch; lane++) decoder.copy(0, lane, prompt.length);
  const ids = Array.from({ length: batch }, (_, lane) => prompt[lane % prompt.length]);
  return {
    async measure() {
      const begin = performance.now();
      await read();
      const afterReading = performance.now();
      for (let step = 0; step < STEPS; step++) {
        await decoder.step(
          ids,
          ids.map(() => prompt.length + step),
        );
      }
      return (afterReading - begin) / ANSWER + (performance.now() - afterReading) / (STEPS * batch);
    },
    dispose: () => decoder.dispose(),
  };
}
