/** What a session is, whichever way it reaches ONNX Runtime. */
import type { DType } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** How long an idle thread waits busily before it sleeps: longer than the pauses within and between decoding steps. */
export const SPIN_MICROSECONDS = 1000;

export const DEVICES = ['cpu', 'webgpu', 'dml', 'coreml', 'cuda'] as const;
export type Device = (typeof DEVICES)[number];

export interface SessionOptions {
  /** Default cpu. */
  readonly device?: Device;
  /** Threads inside an operator; 0 or absent: the runtime's choice. */
  readonly threads?: number;
  /** Each thread stays on a processor of its own, where the system binds threads (Linux, Windows); default false. */
  readonly pinned?: boolean;
  /** How much the runtime may rewrite the graph; default all. */
  readonly optimization?: 'none' | 'basic' | 'extended' | 'all';
  /** Constant weights are laid out anew for speed, which takes their memory twice; default true. */
  readonly prepack?: boolean;
  /** One planned buffer for all intermediate values; wasteful where shapes change; default true. */
  readonly memoryPattern?: boolean;
  /** Take memory from one arena of the process that hardly grows when shapes change: lower peaks for training. */
  readonly sharedArena?: boolean;
  /**
   * Idle threads wait busily for a while: between the small steps of decoding a quiet machine is half as fast again with
   * it, one that is busy with other programs three times as slow (measured). Default false.
   */
  readonly spin?: boolean;
  /** Collect times by operator; see `operatorTimes`. */
  readonly profile?: boolean;
  /** Folder that a model given as bytes finds its external data in. */
  readonly dataFolder?: string;
}

export interface TensorInfo {
  readonly name: string;
}

export interface OperatorTime {
  readonly node: string;
  readonly operator: string;
  readonly milliseconds: number;
  readonly calls: number;
  /** Where it ran: what a device has no kernel for runs on the processor. */
  readonly device?: Device;
}

export interface RunOptions {
  /** Stops in the middle of the run, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Memory where the session computes: runs fill it and read it, and what it holds never travels. */
export interface DeviceTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** To be called once no binding names it any more. */
  release(): void;
}

/** Inputs and outputs tied to memory: what changes between runs is only the numbers in it. */
export interface Binding {
  /** Reads the tensor's own memory at every run; nothing is copied, except to a device that has memory of its own. */
  input(name: string, value: Tensor | DeviceTensor): this;
  /** The same for what does not change: a device with memory of its own gets it once. */
  constant(name: string, value: Tensor): this;
  /** Writes the result into the tensor's memory. */
  output(name: string, value: Tensor | DeviceTensor): this;
  /** Lets the runtime make the result, whose shape is not known before; read it with `outputs`. */
  allocate(name: string): this;
  run(options?: RunOptions): Promise<void>;
  /** Holds the event loop: for processes that do nothing else, and steps of a few microseconds. */
  runSync(): void;
  /** Copies of the allocated outputs of the last run. */
  outputs(): Record<string, Tensor>;
  dispose(): void;
}

export interface Session {
  readonly implementation: 'direct' | 'javascript';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly device: Device;
  bind(): Binding;
  /**
   * Memory for values that stay where the session computes; what it holds at first is not said.
   * @throws UserError runtime/unavailable where the C API cannot be reached
   */
  hold(dtype: DType, shape: readonly number[]): DeviceTensor;
  /** One run on the given inputs; for loops use `bind`. */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    outputs?: readonly string[],
    options?: RunOptions,
  ): Promise<Record<string, Tensor>>;
  /** Ends profiling and gives the times, longest first. Empty unless the session was opened with `profile`. */
  operatorTimes(): OperatorTime[];
  dispose(): void;
}

/** `run` in terms of `bind`. */
export async function runOnce(
  session: Session,
  feeds: Readonly<Record<string, Tensor>>,
  outputs: readonly string[] = session.outputs,
  options: RunOptions = {},
): Promise<Record<string, Tensor>> {
  const binding = session.bind();
  try {
    for (const [name, value] of Object.entries(feeds)) binding.input(name, value);
    for (const name of outputs) binding.allocate(name);
    await binding.run(options);
    return binding.outputs();
  } finally {
    binding.dispose();
  }
}

export type ElementType = DType;
