/** Runs training steps: one graph, parameters and gradients in one arena, the optimiser in place. */

import type { TrainingGraph } from '../../models/graphs/training-graph.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { fitDevice } from '../../onnx/fit-device.ts';
import { packInputs, packOutputs } from '../../onnx/pack-transfers.ts';
import { openSession } from '../../runtime/open.ts';
import type { Binding, Device, OperatorTime, Session } from '../../runtime/session.ts';
import type { TypedArray } from '../../tensor/dtype.ts';
import type { SparseTerm } from '../../tensor/gradient.ts';
import { ParameterArena } from '../../tensor/optimisers/arena.ts';
import { clipScale, type Optimiser } from '../../tensor/optimisers/optimiser.ts';
import { Random } from '../../tensor/random.ts';
import { type Tensor, tensor, zeros } from '../../tensor/tensor.ts';
import type { Batch } from './batch.ts';
import { embeddingNoise } from './embedding-noise.ts';
import { packsOf } from './packs.ts';

export interface TrainerOptions {
  /** What computes the gradients, for which the graph was made; default the processor. The weights stay with the processor. */
  readonly device?: Device;
  /** Weights and gradients travel in packs; default on every device but the processor. */
  readonly packed?: boolean;
  readonly threads?: number;
  /** Micro-batches whose gradients make one step. */
  readonly accumulate: number;
  /** Largest global norm of the gradients; 0: no limit. */
  readonly maxGradientNorm: number;
  readonly optimiser: Optimiser;
  /** Of dropout and noise; default 0. */
  readonly seed?: number;
  /** Loudness of the noise on embeddings, where the graph takes it: see `embeddingNoise`. */
  readonly noiseAlpha?: number;
  /** Called after every step with the new weights, which it may change. */
  readonly afterStep?: (arena: ParameterArena) => void;
  /** Collect times by operator; see `operatorTimes`. */
  readonly profile?: boolean;
}

export interface StepResult {
  readonly loss: number;
  readonly gradientNorm: number;
  /** Further outputs of the graph, each summed over the micro-batches. */
  readonly measured: Readonly<Record<string, number>>;
}

const VALUES = 0;
const GRADIENTS = 1;
/** Apart from the random numbers of dropout. */
const EMBEDDING = 0x6e656674;

export class Trainer {
  readonly arena: ParameterArena;
  readonly #session: Session;
  readonly #binding: Binding;
  readonly #sparse: readonly SparseTerm[];
  readonly #options: TrainerOptions;
  /** The loss and what else the graph measures. */
  readonly #scalars: ReadonlyMap<string, Tensor>;
  /** Every weight by name, trained or not, where it lies. */
  readonly #weights = new Map<string, Tensor>();
  readonly #trained: ReadonlySet<string>;
  /** Slot that gathers gradients over micro-batches; the gradients' own where there is one a step. */
  readonly #sumSlot: number;
  readonly #momentSlot: number;
  /** Inputs of noise, and how wide the embeddings are. */
  readonly #noiseWidths: ReadonlyMap<string, number>;
  #disposed = false;
  /** Steps done. */
  steps = 0;

  private constructor(session: Session, arena: ParameterArena, graph: TrainingGraph, options: TrainerOptions) {
    this.#session = session;
    this.#sparse = graph.sparse;
    this.#trained = new Set(graph.trained.map(({ name }) => name));
    this.#scalars = new Map(['loss', ...(graph.measured ?? [])].map((name) => [name, zeros('float32', [])]));
    this.#options = options;
    const noises = graph.graph.inputs.filter(({ name }) => name.endsWith('embedding_noise'));
    this.#noiseWidths = new Map(noises.map(({ name, shape }) => [name, Number(shape?.[1])]));
    this.arena = arena;
    const extra = options.accumulate > 1 ? 1 : 0;
    this.#sumSlot = GRADIENTS + extra;
    this.#momentSlot = GRADIENTS + extra + 1;
    this.#binding = session.bind();
  }

  /**
   * @param values initial values of the trained weights
   * @param frozen values of the others, or undefined to read them from the model's files in place
   */
  static async open(
    described: TrainingGraph,
    values: (name: string) => Promise<TypedArray>,
    options: TrainerOptions,
  ): Promise<Trainer> {
    const { graph, sparse, trained, frozen } = described;
    const slots = 2 + (options.accumulate > 1 ? 1 : 0) + options.optimiser.moments;
    const arena = new ParameterArena(trained, slots);
    for (const { name } of trained) arena.values(name).set((await values(name)) as Float32Array);
    const { device = 'cpu' } = options;
    const packs = device === 'cpu' && !options.packed ? [] : packsOf(arena);
    const gradientPacks = packs.map(({ name, members }) => ({
      name: `gradient.${name}`,
      members: members.map((member) => ({ ...member, name: `gradient.${member.name}` })),
    }));
    const fitted = packOutputs(packInputs(fitDevice(graph, device), packs), gradientPacks);
    const session = await openSession(encodeModel(fitted, { order: 'reversed', valueTypes: true }), {
      device,
      threads: options.threads,
      // Recomputation must not be undone by common-subexpression elimination, and we emit fused operators ourselves. To a device
      // every operator that goes saves the time of telling it.
      optimization: device === 'cpu' ? 'none' : 'basic',
      prepack: false,
      memoryPattern: false,
      sharedArena: device === 'cpu',
      profile: options.profile,
    });
    const trainer = new Trainer(session, arena, described, options);
    for (const { name, shape, dtype = 'float32' } of frozen) {
      trainer.#weights.set(name, tensor(dtype, shape, await values(name)));
    }
    const together = new Set(packs.flatMap(({ members }) => members.map(({ name }) => name)));
    for (const { name, shape } of trained) {
      trainer.#weights.set(name, tensor('float32', shape, arena.view(name, VALUES)));
      if (!together.has(name)) {
        trainer.#binding.output(`gradient.${name}`, tensor('float32', shape, arena.view(name, GRADIENTS)));
      }
    }
    for (const { name, view } of packs) {
      const [values, gradients] = [view(VALUES), view(GRADIENTS)];
      trainer.#binding.input(name, tensor('float32', [values.length], values));
      trainer.#binding.output(`gradient.${name}`, tensor('float32', [gradients.length], gradients));
    }
    trainer.bindWeights(session, trainer.#binding);
    for (const [name, scalar] of trainer.#scalars) trainer.#binding.output(name, scalar);
    for (const { indices, rows } of sparse) trainer.#binding.allocate(indices).allocate(rows);
    return trainer;
  }

  /** Lets another graph read the weights where they lie: it sees every step's result, and holds nothing of its own. */
  bindWeights(session: Session, binding: Binding): void {
    for (const name of session.inputs) {
      const weight = this.#weights.get(name);
      if (!weight) continue;
      if (this.#trained.has(name)) binding.input(name, weight);
      else binding.constant(name, weight);
    }
  }

  /** Gradients of one micro-batch, into the arena, and its share of what the step measures. */
  async #differentiate(batch: Batch, index: number, divisor: Tensor, signal?: AbortSignal): Promise<void> {
    const feeds: Record<string, Tensor> = { ...batch.inputs, divisor };
    for (const [side, prefix] of ['', 'decoder_'].entries()) {
      const name = `${prefix}dropout_noise`;
      if (this.#session.inputs.includes(name))
        feeds[name] = this.#noise(batch.inputs[`${prefix}input_ids`], index, side);
      const width = this.#noiseWidths.get(`${prefix}embedding_noise`);
      if (width === undefined) continue;
      const shaped = { segment_ids: batch.inputs[`${prefix}segment_ids`], places: batch.inputs[`${prefix}places`] };
      const random = new Random([this.#options.seed ?? 0, this.steps, index, side, EMBEDDING]);
      feeds[`${prefix}embedding_noise`] = embeddingNoise(shaped, width, this.#options.noiseAlpha ?? 0, random);
    }
    for (const name of this.#session.inputs) if (feeds[name]) this.#binding.input(name, feeds[name]);
    await this.#binding.run({ signal });
    this.#addSparse();
  }

  /** The loss of a batch; its gradients are in the arena until the next step. No step is counted. */
  async differentiate(batch: Batch, signal?: AbortSignal): Promise<number> {
    const divisor = tensor('float32', [], Float32Array.of(Math.max(1, batch.divisor ?? batch.supervised)));
    await this.#differentiate(batch, 0, divisor, signal);
    return (this.#scalars.get('loss')!.data as Float32Array)[0];
  }

  /** The numbers of a weight, trained or not, where they lie. */
  valuesOf(name: string): TypedArray {
    return this.#weights.get(name)!.data;
  }

  /** Adds the terms of tables' gradients that touch few rows. */
  #addSparse(): void {
    if (this.#sparse.length === 0) return;
    const outputs = this.#binding.outputs();
    for (const { table, indices, rows } of this.#sparse) {
      const target = this.arena.gradients(table);
      const at = outputs[indices].data as BigInt64Array;
      const values = outputs[rows].data as Float32Array;
      const width = values.length / at.length;
      for (let i = 0, from = 0; i < at.length; i++) {
        for (let to = Number(at[i]) * width, end = to + width; to < end; to++) target[to] += values[from++];
      }
    }
  }

  /** One random number for each token, the same whenever this step is done. */
  #noise({ data: { length: size } }: Tensor, index: number, side: number): Tensor {
    const random = new Random([this.#options.seed ?? 0, this.steps, index, ...(side > 0 ? [side] : [])]);
    return tensor(
      'float32',
      [size],
      Float32Array.from({ length: size }, () => random.fraction()),
    );
  }

  /**
   * One optimiser step over the micro-batches of a step.
   * The loss is the mean over all supervised tokens of the step (or what its batches' `divisor` says), as reported before the update.
   */
  async step(batches: readonly Batch[], learningRate: number, signal?: AbortSignal): Promise<StepResult> {
    const count = batches.reduce((n, b) => n + (b.divisor ?? b.supervised), 0);
    const divisor = tensor('float32', [], Float32Array.of(Math.max(1, count)));
    if (this.#sumSlot !== GRADIENTS) for (const view of this.arena.slotViews(this.#sumSlot)) view.fill(0);
    const sums: Record<string, number> = {};
    for (const [index, batch] of batches.entries()) {
      await this.#differentiate(batch, index, divisor, signal);
      for (const [name, { data }] of this.#scalars) sums[name] = (sums[name] ?? 0) + (data as Float32Array)[0];
      if (this.#sumSlot !== GRADIENTS) this.arena.accumulate(this.#sumSlot, GRADIENTS);
    }
    const gradientNorm = this.arena.norm(this.#sumSlot);
    this.steps += 1;
    this.#options.optimiser.step(this.arena, this.#momentSlot, {
      step: this.steps,
      learningRate,
      gradientScale: clipScale(gradientNorm, this.#options.maxGradientNorm),
      gradientSlot: this.#sumSlot,
    });
    this.#options.afterStep?.(this.arena);
    const { loss, ...measured } = sums;
    return { loss, gradientNorm, measured };
  }

  /** Slots that a checkpoint stores: the values and the moments. */
  get storedSlots(): number[] {
    const { moments } = this.#options.optimiser;
    return [VALUES, ...Array.from({ length: moments }, (_, i) => this.#momentSlot + i)];
  }

  get device(): Device {
    return this.#session.device;
  }

  operatorTimes = (): OperatorTime[] => this.#session.operatorTimes();

  /** Ends the session and lets go of the frozen weights; the arena stays. Twice does no harm. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#binding.dispose();
    this.#session.dispose();
    this.#weights.clear();
  }
}
