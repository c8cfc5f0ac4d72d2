/** Fine-tuning a decoder on a data set: every weight, or low-rank adapters on its linear layers. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { type EncodedStore, TokensFile } from '../../datasets/index.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { type Adapter, readAdapter } from '../../models/adapter.ts';
import type { AdapterSpec } from '../../models/graphs/sequence-kit.ts';
import { buildLossGraph, buildTrainingGraph } from '../../models/graphs/training-graph.ts';
import { nextStep } from '../../models/lineage.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import { adafactor } from '../../tensor/optimisers/adafactor.ts';
import { adamw } from '../../tensor/optimisers/adamw.ts';
import type { Optimiser } from '../../tensor/optimisers/optimiser.ts';
import { scheduleFactor } from '../../tensor/optimisers/schedule.ts';
import { sgd } from '../../tensor/optimisers/sgd.ts';
import { writeAdapterFolder } from './adapter-folder.ts';
import { loadCheckpoint, type Progress, removeCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { chooseModules, initialAdapter, mergeAdapter } from './lora.ts';
import type { FinetuneOptions } from './schema.ts';
import { labelsSource, type StepSource, storeSource, tokensSource } from './source.ts';
import { Trainer } from './trainer.ts';

export interface FinetuneContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Continue from the checkpoint beside the output folder. */
  readonly resume?: boolean;
  /** `done`: what an earlier run did that this one continues. */
  readonly onStart?: (steps: number, done: Progress) => void;
  readonly onStep?: (step: StepReport) => void;
}

export interface StepReport {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** Tokens that are not padding, and those that were learnt from. */
  readonly tokens: number;
  readonly supervised: number;
  readonly tokensPerSecond: number;
}

export interface FinetuneResult extends Omit<Progress, 'seconds'> {
  readonly steps: number;
  readonly trainedParameters: number;
  /** Seconds of training steps, without reading and writing. */
  readonly seconds: number;
  readonly tokensPerSecond: number;
  readonly supervisedTokensPerSecond: number;
  readonly model: string;
  readonly adapter?: string;
}

/** Training data: a pre-tokenised file's path, or an encoded data set with something that identifies it. */
export type TrainingData = { readonly tokens: string } | { readonly store: EncodedStore; readonly path: string };

export const checkpointFolder = (out: string): string => `${resolve(out)}.checkpoint`;

function makeOptimiser({ optimizer, weightDecay }: FinetuneOptions): Optimiser {
  const make = { adamw, adafactor, sgd }[optimizer];
  return make({ weightDecay });
}

async function openSource(model: Model, data: TrainingData, options: FinetuneOptions): Promise<StepSource> {
  const { task, architecture, config } = model;
  if (task.kind === 'hidden-states') {
    throw new UserError(
      'arguments/incompatible',
      `${architecture.name} without a head learns nothing: use lathe transfer`,
    );
  }
  if (architecture.kind === 'encoder-decoder') {
    throw new UserError(
      'arguments/incompatible',
      `${architecture.name} cannot be fine-tuned from the command line yet`,
    );
  }
  if (!('tokens' in data)) {
    if (task.kind === 'classification') {
      throw new UserError(
        'arguments/incompatible',
        'a classifier learns from pre-tokenised rows, or by lathe transfer',
      );
    }
    return storeSource(data.store, { ...options, rows: options.batchSize });
  }
  const file = await TokensFile.open(data.tokens);
  const wanted = task.kind === 'classification' ? 'rows' : 'tokens';
  if (file.labelled !== wanted) {
    const has = file.labelled === 'rows' ? 'a label a row, which is for classifiers' : 'a label a token';
    throw new UserError('arguments/incompatible', `${data.tokens} has ${has}`);
  }
  if (task.kind !== 'classification') return tokensSource(file, options.accumulate);
  return labelsSource(file, options.accumulate, { pooling: task.pooling, positionsSkip: config.positionsSkip });
}

/** Identifies a file's content without reading all of a large one. */
async function fingerprint(path: string): Promise<string> {
  const { size } = await stat(path);
  const hash = createHash('sha256').update(String(size));
  for await (const chunk of createReadStream(path, { end: 1 << 24 })) hash.update(chunk as Buffer);
  return hash.digest('hex').slice(0, 16);
}

/**
 * Trains and writes `out` (a Hugging Face folder, adapters merged) and for LoRA `out/adapter` (a PEFT adapter).
 * @throws UserError training/diverged, checkpoint/other-run, arguments/*, disk/full, file/*
 */
export async function finetune(
  model: Model,
  data: TrainingData,
  out: string,
  options: FinetuneOptions,
  context: FinetuneContext = {},
): Promise<FinetuneResult> {
  await assertReplaceable(out);
  const lora = options.method === 'lora';
  const given = options.adapter === undefined ? undefined : await readAdapter(options.adapter);
  if (given && !lora) throw new UserError('arguments/incompatible', '--adapter goes with --method lora');
  const source = await openSource(model, data, options);
  if (source.maxLength > model.config.maxLength) {
    throw new UserError(
      'arguments/invalid',
      `rows of ${source.maxLength} tokens exceed the model's ${model.config.maxLength}`,
    );
  }
  const { linears } = buildLossGraph(model, { maxLength: 8, trains: () => false }).kit;
  const whole = lora ? wholeModules(model, given, linears) : [];
  const isWhole = (weight: string) => whole.some((module) => weight.startsWith(`${module}.`));
  const adaptable = new Map([...linears].filter(([name]) => !isWhole(`${name}.`)));
  const modules = lora
    ? (given?.modules ?? chooseModules(adaptable, { ...options, rankStabilised: options.rslora }))
    : undefined;
  const graph = buildTrainingGraph(model, {
    maxLength: source.maxLength,
    adapters: modules && withDropout(modules, options.dropout),
    trains: (weight) => !lora || isWhole(weight),
    checkpointing: options.checkpointing,
    // Trained weights take four times their memory, so the rest has to be lean.
    recomputeAttention: !lora,
    unpadded: model.task.kind === 'next-token' && model.architecture.kind !== 'encoder-decoder',
  });
  const optimiser = makeOptimiser(options);
  const trainer = await Trainer.open(graph, initialValues(model, given, graph.trained, options.seed), {
    threads: context.threads,
    accumulate: options.accumulate,
    maxGradientNorm: options.maxGradNorm,
    seed: options.seed,
    optimiser,
  });
  try {
    const steps = options.steps ?? source.steps(options.epochs);
    const progress = await train(
      trainer,
      optimiser,
      source,
      steps,
      await identify(model, data, options),
      out,
      options,
      context,
    );
    // What is written is in the arena; frozen weights and the session's memory are free for the writing.
    trainer.dispose();
    const values = (name: string) => trainer.arena.values(name);
    const adapterFolder = `${out}/adapter`;
    await writeModelFolder(out, model, {
      step: nextStep('finetune', { ...options, data: resolve('tokens' in data ? data.tokens : data.path) }),
      replaced: modules
        ? new Map<string, () => Float32Array | Promise<Float32Array>>([
            ...merged(model, linears, modules, values),
            ...wholeValues(graph.trained, isWhole, values),
          ])
        : new Map(graph.trained.map(({ name }) => [name, () => values(name)])),
      also: async (temporary) => {
        if (!modules) return;
        await writeAdapterFolder(`${temporary}/adapter`, {
          base: model.folder,
          rank: given?.config.r ?? options.rank,
          alpha: given?.config.lora_alpha ?? options.alpha,
          dropout: options.dropout,
          rankStabilised: given?.config.use_rslora ?? options.rslora,
          linears,
          modules: [...modules.keys()],
          weights: graph.trained,
          whole,
          values,
        });
      },
    });
    await removeCheckpoint(checkpointFolder(out));
    const trainedParameters = graph.trained.reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);
    return {
      ...progress,
      steps,
      trainedParameters,
      tokensPerSecond: progress.tokens / progress.seconds,
      supervisedTokensPerSecond: progress.supervised / progress.seconds,
      model: resolve(out),
      ...(modules ? { adapter: resolve(adapterFolder) } : {}),
    };
  } finally {
    trainer.dispose();
  }
}

/** What a checkpoint must agree with. Threads and the clock may differ. */
async function identify(model: Model, data: TrainingData, options: FinetuneOptions): Promise<Record<string, unknown>> {
  const { checkpointMinutes, checkpointSteps, ...run } = options;
  const [first] = model.weights.values();
  return {
    ...run,
    model: await fingerprint(first.file),
    data:
      'tokens' in data ? await fingerprint(data.tokens) : [data.store.count, data.store.tokens, data.store.supervised],
  };
}

const withDropout = (modules: ReadonlyMap<string, AdapterSpec>, dropout: number): Map<string, AdapterSpec> =>
  new Map([...modules].map(([name, spec]) => [name, { ...spec, dropout }]));

function initialValues(
  model: Model,
  given: Adapter | undefined,
  trained: readonly { readonly name: string; readonly shape: readonly number[] }[],
  seed: number,
): (name: string) => Promise<Float32Array> {
  const shapes = new Map(trained.map(({ name, shape }) => [name, shape]));
  return async (name) => {
    const stored = given?.weights.get(name) ?? model.weights.get(name);
    if (stored) return readFloats(stored);
    return initialAdapter(name, shapes.get(name)!, seed);
  };
}

/** Modules that LoRA trains whole: what the given adapter does, else a classifier's own layers, which begin random. */
function wholeModules(
  { architecture, task }: Model,
  given: Adapter | undefined,
  linears: ReadonlyMap<string, unknown>,
): string[] {
  if (given) return [...new Set([...given.whole].map((weight) => weight.slice(0, weight.lastIndexOf('.'))))];
  if (task.kind !== 'classification') return [];
  const heads = architecture.kind === 'encoder' ? ['classifier', 'pre_classifier', 'head'] : ['score'];
  return heads.filter((head) => [...linears.keys()].some((name) => name === head || name.startsWith(`${head}.`)));
}

function wholeValues(
  trained: readonly { readonly name: string }[],
  isWhole: (weight: string) => boolean,
  values: (name: string) => Float32Array,
): [string, () => Float32Array][] {
  return trained.filter(({ name }) => isWhole(name)).map(({ name }) => [name, () => values(name)]);
}

/** The adapted weights, each merged when its turn to be written has come. */
function merged(
  model: Model,
  linears: ReturnType<typeof buildLossGraph>['kit']['linears'],
  modules: NonNullable<Parameters<typeof buildTrainingGraph>[1]['adapters']>,
  values: (name: string) => Float32Array,
): Map<string, () => Promise<Float32Array>> {
  return new Map(
    [...modules].map(([module, adapter]) => [
      `${module}.weight`,
      async () => {
        const weight = await readFloats(model.weights.get(`${module}.weight`)!);
        const [a, b] = [values(`${module}.lora_A.weight`), values(`${module}.lora_B.weight`)];
        mergeAdapter(weight, a, b, linears.get(module)!, adapter);
        return weight;
      },
    ]),
  );
}

async function train(
  trainer: Trainer,
  optimiser: Optimiser,
  source: StepSource,
  steps: number,
  run: Readonly<Record<string, unknown>>,
  out: string,
  options: FinetuneOptions,
  { signal, resume, onStart, onStep }: FinetuneContext,
): Promise<Progress> {
  const folder = checkpointFolder(out);
  const saved = resume ? await loadCheckpoint(folder, run, trainer, optimiser) : undefined;
  const progress: Progress = saved ?? {
    losses: [],
    learningRates: [],
    gradientNorms: [],
    tokens: 0,
    supervised: 0,
    seconds: 0,
  };
  onStart?.(steps, progress);
  const peak = options.learningRate ?? (options.method === 'lora' ? 2e-4 : 2e-5);
  let lastSaved = performance.now();
  while (trainer.steps < steps) {
    if (signal?.aborted) {
      await saveCheckpoint(folder, run, trainer, optimiser, progress);
      signal.throwIfAborted();
    }
    const batches = await source.batches(trainer.steps);
    const learningRate = peak * scheduleFactor(options.schedule, trainer.steps, options.warmupSteps, steps);
    const begin = performance.now();
    const { loss, gradientNorm } = await trainer.step(batches, learningRate);
    const seconds = (performance.now() - begin) / 1000;
    if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
      throw new UserError('training/diverged', `the loss became ${loss} in step ${trainer.steps}`);
    }
    const tokens = batches.reduce((n, b) => n + b.tokens, 0);
    progress.losses.push(loss);
    progress.learningRates.push(learningRate);
    progress.gradientNorms.push(gradientNorm);
    progress.tokens += tokens;
    const supervised = batches.reduce((n, b) => n + b.supervised, 0);
    progress.supervised += supervised;
    progress.seconds += seconds;
    const tokensPerSecond = tokens / seconds;
    onStep?.({ step: trainer.steps, loss, learningRate, gradientNorm, tokens, supervised, tokensPerSecond });
    const minutes = (performance.now() - lastSaved) / 60_000;
    const due = options.checkpointSteps
      ? trainer.steps % options.checkpointSteps === 0
      : minutes >= options.checkpointMinutes;
    if (due && trainer.steps < steps) {
      await saveCheckpoint(folder, run, trainer, optimiser, progress);
      lastSaved = performance.now();
    }
  }
  return progress;
}
