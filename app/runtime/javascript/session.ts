/**
 * Sessions through onnxruntime-node's own binding: the fallback where the C API cannot be reached. It copies every
 * output, and a run that has begun cannot be stopped: a signal takes effect when the run is over.
 */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { UserError } from '../../contract/errors.ts';
import { type DType, TYPED_ARRAYS, type TypedArray } from '../../tensor/dtype.ts';
import { type Tensor, tensor } from '../../tensor/tensor.ts';
import { threading } from '../affinity.ts';
import { readProfile } from '../profile.ts';
import {
  type Binding,
  type Device,
  type DeviceTensor,
  type RunOptions,
  runOnce,
  type Session,
  type SessionOptions,
  SPIN_MICROSECONDS,
} from '../session.ts';

const LEVELS = { none: 'disabled', basic: 'basic', extended: 'extended', all: 'all' } as const;

export const javaScriptVersion = (): string => ort.env.versions.node ?? ort.env.versions.common;

/** @throws UserError runtime/failed, runtime/unavailable where external data of a model in memory lie elsewhere */
export async function openJavaScript(model: string | Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const { threads, affinities } = threading(options);
  const extra: Record<string, unknown> = {
    session: {
      disable_prepacking: options.prepack === false ? '1' : '0',
      intra_op: options.spin
        ? { allow_spinning: '1', spin_duration_us: String(SPIN_MICROSECONDS) }
        : { allow_spinning: '0' },
      ...(affinities === undefined ? {} : { intra_op_thread_affinities: affinities }),
      ...(options.dataFolder === undefined ? {} : { model_external_initializers_file_folder_path: options.dataFolder }),
    },
  };
  const profile = join(tmpdir(), `lathe-profile-${process.pid}-${performance.now()}`);
  try {
    const settings: ort.InferenceSession.SessionOptions = {
      executionProviders: [options.device ?? 'cpu'],
      graphOptimizationLevel: LEVELS[options.optimization ?? 'all'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      enableMemPattern: options.memoryPattern !== false,
      enableProfiling: options.profile === true,
      profileFilePrefix: profile,
      extra,
    };
    const session =
      typeof model === 'string'
        ? await ort.InferenceSession.create(model, settings)
        : await ort.InferenceSession.create(model, settings);
    return makeSession(session, options.device ?? 'cpu', options.profile ? profile : undefined);
  } catch (error) {
    throw asUserError(error);
  }
}

export const asUserError = (error: unknown): unknown =>
  error instanceof Error ? new UserError('runtime/failed', `ONNX Runtime: ${error.message}`, { cause: error }) : error;

function makeSession(session: ort.InferenceSession, device: Device, profile: string | undefined): Session {
  return {
    implementation: 'javascript',
    inputs: session.inputNames,
    outputs: session.outputNames,
    device,
    bind: () => new JavaScriptBinding(session),
    hold() {
      throw new UserError('runtime/unavailable', 'values stay on a device through the runtime’s C library only');
    },
    run(feeds, outputs, options) {
      return runOnce(this, feeds, outputs, options);
    },
    operatorTimes() {
      if (profile === undefined) return [];
      session.endProfiling();
      return readProfile(newestWithPrefix(profile));
    },
    dispose() {
      void session.release();
    },
  };
}

function newestWithPrefix(prefix: string): string {
  const folder = dirname(prefix);
  const name = readdirSync(folder).find((file) => file.startsWith(basename(prefix)));
  if (!name) throw new Error('the runtime wrote no profile');
  return join(folder, name);
}

const toRuntime = ({ dtype, data, shape }: Tensor): ort.Tensor => new ort.Tensor(dtype as never, data as never, shape);

function fromRuntime(value: ort.Tensor): Tensor {
  const dtype = value.type as DType;
  const Kind = TYPED_ARRAYS[dtype];
  const data = value.data as unknown as TypedArray;
  return tensor(dtype, value.dims, new Kind(data.buffer as ArrayBuffer, data.byteOffset, data.length) as TypedArray);
}

class JavaScriptBinding implements Binding {
  readonly #session: ort.InferenceSession;
  readonly #feeds: Record<string, ort.Tensor> = {};
  readonly #targets = new Map<string, Tensor | undefined>();
  readonly #cache = new WeakMap<Tensor, ort.Tensor>();
  #results: Record<string, Tensor> = {};

  constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  input(name: string, given: Tensor | DeviceTensor): this {
    const value = given as Tensor;
    let made = this.#cache.get(value);
    if (!made) this.#cache.set(value, (made = toRuntime(value)));
    this.#feeds[name] = made;
    return this;
  }

  constant(name: string, value: Tensor): this {
    return this.input(name, value);
  }

  output(name: string, value: Tensor | DeviceTensor): this {
    this.#targets.set(name, value as Tensor);
    return this;
  }

  allocate(name: string): this {
    this.#targets.set(name, undefined);
    return this;
  }

  async run({ signal }: RunOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    let outputs: ort.InferenceSession.OnnxValueMapType;
    try {
      outputs = await this.#session.run(this.#feeds, [...this.#targets.keys()]);
    } catch (error) {
      throw asUserError(error);
    }
    signal?.throwIfAborted();
    this.#results = {};
    for (const [name, target] of this.#targets) {
      const made = fromRuntime(outputs[name] as ort.Tensor);
      if (!target) this.#results[name] = made;
      else copyInto(target, made, name);
    }
  }

  runSync(): void {
    throw new Error('onnxruntime-node has no synchronous run');
  }

  outputs = (): Record<string, Tensor> => this.#results;
  dispose(): void {
    this.#targets.clear();
  }
}

function copyInto(target: Tensor, source: Tensor, name: string): void {
  if (source.data.byteLength !== target.data.byteLength) {
    throw new UserError('runtime/failed', `the output ${name} is [${source.shape}], not [${target.shape}]`);
  }
  new Uint8Array(target.data.buffer, target.data.byteOffset, target.data.byteLength).set(
    new Uint8Array(source.data.buffer, source.data.byteOffset, source.data.byteLength),
  );
}
