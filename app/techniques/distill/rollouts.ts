/** What the student writes by itself at some moment of its training: the texts that its teacher then judges. */
import { EncodedStore, IGNORED } from '../../datasets/index.ts';
import { Decoder } from '../../generate/decoder.ts';
import { generateIds } from '../../generate/generate.ts';
import { nextStep } from '../../models/lineage.ts';
import type { Model } from '../../models/model.ts';
import { openStored } from '../../models/stored.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { writeModelFolder } from '../../models/write-folder.ts';

export interface Rollout {
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
}

export interface RolloutOptions {
  readonly maxAnswer: number;
  readonly temperature: number;
  readonly seed: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** The beginnings of examples up to what is learnt first, where an answer still fits behind them. A running text, learnt from its second token on, has none. */
export function promptsOf(store: EncodedStore, most: number): number[][] {
  return Array.from({ length: store.count }, (_, i) => {
    const { ids, labels } = store.get(i);
    const begin = labels.findIndex((label) => label !== IGNORED);
    return Array.from(ids.subarray(0, Math.max(0, begin)));
  }).filter(({ length }) => length > 1 && length <= most);
}

/**
 * Answers of the student as it is now, drawn at random. An answer that ended by itself ends with its stop token.
 * @param folder where the student is written for that
 */
export async function rollOut(
  student: Model,
  values: (name: string) => Float32Array,
  prompts: readonly (readonly number[])[],
  folder: string,
  { maxAnswer, temperature, seed, threads, signal }: RolloutOptions,
): Promise<Rollout[]> {
  const replaced = new Map(student.weightSpecs.map(({ name }) => [name, () => values(name)]));
  await writeModelFolder(folder, student, { replaced, step: nextStep('distill', {}) });
  const { stopIds } = await loadTokenizer(student.folder);
  const maxLength = Math.max(...prompts.map(({ length }) => length)) + maxAnswer;
  const decoder = await Decoder.open(await openStored(folder), { threads, maxLength });
  try {
    const rollouts: Rollout[] = [];
    for (const [i, prompt] of prompts.entries()) {
      const options = { maxTokens: maxAnswer, stopIds, temperature, seed: seed + i, signal };
      const answer = await generateIds(decoder, prompt, options);
      rollouts.push({ prompt, answer: answer.length < maxAnswer ? [...answer, ...stopIds.slice(0, 1)] : answer });
    }
    return rollouts;
  } finally {
    decoder.dispose();
  }
}

/** As examples of which the answers are learnt. */
export function storeOf(rollouts: readonly Rollout[]): EncodedStore {
  const store = new EncodedStore();
  for (const { prompt, answer } of rollouts) {
    const ids = Int32Array.from([...prompt, ...answer]);
    store.add(ids, Int32Array.from([...prompt.map(() => IGNORED), ...answer]));
  }
  return store;
}
