/**
 * On-policy distillation (generalised knowledge distillation, Agarwal et al. 2024): the student writes, the teacher says what it
 * would have thought at every token, and the student learns from its own mistakes. In rounds: the student as it is at a round's
 * beginning writes the texts of all its steps.
 */
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { type EncodedStore, Random } from '../../datasets/index.ts';
import { assertReplaceable, writeJsonAtomically } from '../../files/atomic.ts';
import { buildDistillationGraph } from '../../models/graphs/distillation-graph.ts';
import type { Model } from '../../models/model.ts';
import type { Batch, BatchRow } from '../finetune/batch.ts';
import type { TrainingData } from '../finetune/open-source.ts';
import type { StepSource } from '../finetune/source.ts';
import type { Trainer } from '../finetune/trainer.ts';
import { makeUnpaddedBatch } from '../finetune/unpadded.ts';
import { assertCanTeach } from './can-teach.ts';
import { PredictionIndex, storeExamples } from './examples.ts';
import { promptsOf, type Rollout, rollOut, storeOf } from './rollouts.ts';
import { runTeacher } from './run-teacher.ts';
import type { DistillOptions } from './schema.ts';
import { withTeacher } from './source.ts';
import { TeacherCache } from './teacher-cache.ts';
import { teacherHash } from './teacher-hash.ts';
import { type StudentContext, type StudentResult, trainStudent } from './train-student.ts';

/** Tokens that a row may have: those of the prompt and of the answer. */
const MOST_TOKENS = 4096;

/** @throws UserError distill/other-tokenizer, dataset/no-answers, training/diverged, checkpoint/other-run, disk/full, file/* */
export async function distillOnPolicy(
  teacher: Model,
  student: Model,
  data: TrainingData,
  out: string,
  options: DistillOptions,
  context: StudentContext,
): Promise<StudentResult> {
  await assertReplaceable(out);
  await assertCanTeach(teacher, student, { ...options, method: 'on-policy' });
  if ('tokens' in data)
    throw new UserError('arguments/incompatible', 'on-policy needs prompts, not pre-tokenised data');
  const most = Math.min(options.maxLength, student.config.maxLength, teacher.config.maxLength, MOST_TOKENS);
  const prompts = promptsOf(data.store, most - options.maxAnswer);
  if (prompts.length === 0) {
    throw new UserError(
      'dataset/no-answers',
      `${data.path} has no prompts of at most ${most - options.maxAnswer} tokens`,
    );
  }
  const { temperature, divergence, beta, checkpointing } = options;
  // There is no label in what the student wrote: the teacher alone is right.
  const graph = buildDistillationGraph(student, {
    maxLength: most,
    trains: () => true,
    checkpointing,
    recomputeAttention: true,
    unpadded: true,
    temperature,
    alpha: 1,
    divergence,
    beta,
    topK: keptOf(options.topK, student.config.vocabulary),
  });
  const hash = await teacherHash(teacher);
  const folder = `${resolve(out)}.rollouts`;
  // What an older run into the same folder wrote is none of this one's business.
  if (!context.resume) await rm(folder, { recursive: true, force: true });
  const rounds = new Rounds(teacher, hash, student, prompts, folder, options, context);
  const source = (trainer: Trainer) => rounds.source(trainer);
  const lesson = { graph, source, data, teacher: { folder: teacher.folder, hash } };
  try {
    const result = await trainStudent(student, lesson, out, options, context);
    await rm(folder, { recursive: true, force: true });
    return result;
  } finally {
    await rounds.close();
  }
}

/** Rounds are small, so that what is kept is decided once for all of them. */
const SHORTLIST = 128;
const SMALL_VOCABULARY = 8192;

function keptOf(topK: DistillOptions['topK'], vocabulary: number): number | undefined {
  if (topK === 'all' || (topK === 'auto' && vocabulary <= SMALL_VOCABULARY)) return undefined;
  const wanted = topK === 'auto' ? SHORTLIST : topK;
  return wanted < vocabulary ? wanted : undefined;
}

interface Round {
  readonly number: number;
  readonly store: EncodedStore;
  readonly index: PredictionIndex;
  readonly cache: TeacherCache;
}

/** The texts of one round at a time, written and judged when its first step comes. */
class Rounds {
  readonly #teacher: Model;
  readonly #hash: string;
  readonly #student: Model;
  readonly #prompts: readonly (readonly number[])[];
  readonly #folder: string;
  readonly #options: DistillOptions;
  readonly #context: StudentContext;
  #current: Round | undefined;

  constructor(
    teacher: Model,
    hash: string,
    student: Model,
    prompts: readonly (readonly number[])[],
    folder: string,
    options: DistillOptions,
    context: StudentContext,
  ) {
    this.#teacher = teacher;
    this.#hash = hash;
    this.#student = student;
    this.#prompts = prompts;
    this.#folder = folder;
    this.#options = options;
    this.#context = context;
  }

  /** Rows of a step. */
  get #ofStep(): number {
    return this.#options.batchSize * this.#options.accumulate;
  }

  source(trainer: Trainer): StepSource {
    const { batchSize, accumulate, roundSteps, maxLength } = this.#options;
    return {
      maxLength,
      steps: (epochs) => Math.max(1, Math.ceil((epochs * this.#prompts.length) / this.#ofStep)),
      batches: async (step) => {
        const number = Math.floor(step / roundSteps);
        if (this.#current?.number !== number) this.#current = await this.#begin(number, trainer);
        const { store, index, cache } = this.#current;
        const from = (step % roundSteps) * this.#ofStep;
        const batches: Batch[] = [];
        for (let i = 0; i < accumulate; i++) {
          const rows = Array.from({ length: batchSize }, (_, r) => rowOf(store, from + i * batchSize + r));
          batches.push(await withTeacher(makeUnpaddedBatch(rows), cache, index));
        }
        return batches;
      },
    };
  }

  async close(): Promise<void> {
    await this.#current?.cache.close();
    this.#current = undefined;
  }

  /** The prompt at a place of the endless row of passes, each in an order of its own. */
  #promptAt(place: number): readonly number[] {
    const count = this.#prompts.length;
    const random = new Random([this.#options.seed, Math.floor(place / count)]);
    return this.#prompts[random.shuffle(Int32Array.from(this.#prompts.keys()))[place % count]];
  }

  async #begin(number: number, trainer: Trainer): Promise<Round> {
    await this.close();
    const { threads, signal } = this.#context;
    const { temperature, topK: wanted } = this.#options;
    const file = join(this.#folder, `round-${number}.json`);
    // A resumed run goes on with the texts that the round began with.
    const rollouts = (await readRollouts(file)) ?? (await this.#write(number, trainer));
    await writeJsonAtomically(file, rollouts);
    const store = storeOf(rollouts);
    const examples = storeExamples(store, Number.POSITIVE_INFINITY);
    const index = await PredictionIndex.of(examples);
    const topK = keptOf(wanted, this.#student.config.vocabulary) ?? ('all' as const);
    const key = { teacher: this.#hash, data: index.hash, temperature, topK };
    const place = join(this.#folder, 'teacher');
    await rm(place, { recursive: true, force: true });
    await runTeacher(this.#teacher, examples, index, place, key, { threads, signal });
    const cache = await TeacherCache.open(place, key);
    if (!cache) throw new UserError('weights/truncated', `what the teacher said in ${place} has changed on the disk`);
    return { number, store, index, cache };
  }

  async #write(number: number, trainer: Trainer): Promise<Rollout[]> {
    const { roundSteps, seed, maxAnswer, sampling } = this.#options;
    const first = number * roundSteps * this.#ofStep;
    const asked = Array.from({ length: roundSteps * this.#ofStep }, (_, i) => this.#promptAt(first + i));
    return await rollOut(this.#student, (name) => trainer.arena.values(name), asked, join(this.#folder, 'student'), {
      maxAnswer,
      temperature: sampling === 0 ? 1 : sampling,
      seed: seed + first,
      threads: this.#context.threads,
      signal: this.#context.signal,
    });
  }
}

const rowOf = (store: EncodedStore, example: number): BatchRow => {
  const { ids, labels } = store.get(example);
  return { ids, labels, examples: new Int32Array(ids.length).fill(example) };
};

async function readRollouts(file: string): Promise<Rollout[] | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Rollout[]);
}
