/** Measures the loss on rows kept apart while training goes on: the trainer's own weights, read where they lie. */
import { encodeModel } from '../../onnx/encode.ts';
import { fitDevice } from '../../onnx/fit-device.ts';
import { openSession } from '../../runtime/open.ts';
import type { Binding, Session } from '../../runtime/session.ts';
import type { Graph } from '../../tensor/graph.ts';
import { type Tensor, tensor, zeros } from '../../tensor/tensor.ts';
import type { Evaluation } from './early-stopping.ts';
import type { StepSource } from './source.ts';
import type { Trainer } from './trainer.ts';

/** Fewer tokens than this say too little to choose a checkpoint by, or to stop. */
const DECISIVE_TOKENS = 100;

export class Validation {
  /** Tokens that are not padding, and those whose loss is measured. */
  readonly tokens: number;
  readonly supervised: number;
  readonly #source: StepSource;
  readonly #session: Session;
  readonly #binding: Binding;
  /** The loss and what else the graph measures. */
  readonly #scalars: ReadonlyMap<string, Tensor>;
  #disposed = false;

  private constructor(source: StepSource, session: Session, tokens: number, supervised: number) {
    this.#scalars = new Map(session.outputs.map((name) => [name, zeros('float32', [])]));
    this.#source = source;
    this.#session = session;
    this.tokens = tokens;
    this.supervised = supervised;
    this.#binding = session.bind();
    for (const [name, scalar] of this.#scalars) this.#binding.output(name, scalar);
    this.#binding.input('divisor', tensor('float32', [], Float32Array.of(1)));
  }

  /** @param graph see `buildValidationGraph`, for the trainer's device */
  static async open(graph: Graph, source: StepSource, trainer: Trainer, threads?: number): Promise<Validation> {
    const { device } = trainer;
    const session = await openSession(encodeModel(fitDevice(graph, device)), {
      device,
      threads,
      prepack: false,
      memoryPattern: false,
      sharedArena: device === 'cpu',
    });
    let [tokens, supervised] = [0, 0];
    for (let i = 0; i < source.steps(1); i++) {
      for (const batch of await source.batches(i)) {
        tokens += batch.tokens;
        supervised += batch.supervised;
      }
    }
    const validation = new Validation(source, session, tokens, supervised);
    trainer.bindWeights(session, validation.#binding);
    return validation;
  }

  get isDecisive(): boolean {
    return this.supervised >= DECISIVE_TOKENS;
  }

  /** Means over all supervised tokens in nats, or over all pairs. */
  async measure(signal?: AbortSignal): Promise<Omit<Evaluation, 'step'>> {
    const sums: Record<string, number> = {};
    let count = 0;
    for (let i = 0; i < this.#source.steps(1); i++) {
      for (const { inputs, supervised, divisor } of await this.#source.batches(i)) {
        if (supervised === 0) continue;
        for (const name of this.#session.inputs) if (inputs[name]) this.#binding.input(name, inputs[name]);
        await this.#binding.run({ signal });
        count += divisor ?? supervised;
        for (const [name, { data }] of this.#scalars) sums[name] = (sums[name] ?? 0) + (data as Float32Array)[0];
      }
    }
    const means = Object.entries(sums).map(([name, sum]) => [name, sum / count] as const);
    const { loss, ...measured } = Object.fromEntries(means);
    return means.length > 1 ? { loss, measured } : { loss };
  }

  /** Twice does no harm. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#binding.dispose();
    this.#session.dispose();
  }
}
