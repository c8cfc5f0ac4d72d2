/** Sessions through the C API: inputs and outputs stay where they are, runs leave the event loop free and can be stopped. */

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import type { DType } from '../../tensor/dtype.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { threading } from '../affinity.ts';
import { readProfile } from '../profile.ts';
import {
  type Binding,
  type Device,
  type DeviceTensor,
  type OperatorTime,
  type RunOptions,
  runOnce,
  type Session,
  type SessionOptions,
  SPIN_MICROSECONDS,
} from '../session.ts';
import { DeviceMemory, HeldTensor, hasOwnMemory, PROVIDERS } from './device-memory.ts';
import { type Environment, sharedEnvironment } from './environment.ts';
import { asUserError, type Pointer } from './library.ts';
import { copyOut, RuntimeValue } from './value.ts';

const LEVELS = { none: 0, basic: 1, extended: 2, all: 99 } as const;

/**
 * @param model path of an ONNX file, or its bytes
 * @throws UserError runtime/failed
 */
export async function openDirect(model: string | Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const environment = sharedEnvironment();
  const { library } = environment;
  if (options.sharedArena) environment.useSharedArena();
  try {
    const settings = makeOptions(environment, options);
    try {
      const handle = [null];
      if (typeof model === 'string') {
        await library.callAsync('CreateSession', environment.handle, model, settings, handle);
      } else {
        await library.callAsync(
          'CreateSessionFromArray',
          environment.handle,
          model,
          model.byteLength,
          settings,
          handle,
        );
      }
      return new DirectSession(environment, handle[0], options);
    } finally {
      library.plain('ReleaseSessionOptions', settings);
      // The library reads the bytes on another thread: this use after the wait keeps them from being collected.
      _touched += model.length;
    }
  } catch (error) {
    if (options.sharedArena) environment.leaveSharedArena();
    throw asUserError(error);
  }
}

let _touched = 0;

function makeOptions({ library }: Environment, options: SessionOptions): Pointer {
  const settings = library.make('CreateSessionOptions');
  const configure = (key: string, value: string) => library.call('AddSessionConfigEntry', settings, key, value);
  library.call('SetSessionGraphOptimizationLevel', settings, LEVELS[options.optimization ?? 'all']);
  const { threads, affinities } = threading(options);
  library.call('SetIntraOpNumThreads', settings, threads);
  if (affinities !== undefined) configure('session.intra_op_thread_affinities', affinities);
  library.call('SetInterOpNumThreads', settings, 1);
  configure('session.intra_op.allow_spinning', options.spin ? '1' : '0');
  if (options.spin) configure('session.intra_op.spin_duration_us', String(SPIN_MICROSECONDS));
  if (options.memoryPattern === false) library.call('DisableMemPattern', settings);
  if (options.prepack === false) configure('session.disable_prepacking', '1');
  if (options.sharedArena) configure('session.use_env_allocators', '1');
  // Dequantized values would be made once for each reader.
  if (options.optimization === 'none') configure('session.disable_quant_qdq', '1');
  if (options.dataFolder !== undefined) {
    configure('session.model_external_initializers_file_folder_path', options.dataFolder);
  }
  if (options.profile) library.call('EnableProfiling', settings, join(tmpdir(), `lathe-profile-${process.pid}`));
  if (options.device && options.device !== 'cpu') {
    library.call('SessionOptionsAppendExecutionProvider', settings, PROVIDERS[options.device].name, [], [], 0);
  }
  return settings;
}

class DirectSession implements Session {
  readonly implementation = 'direct';
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly #environment: Environment;
  #handle: Pointer;
  readonly device: Device;
  #memory: DeviceMemory | undefined;
  readonly #profiled: boolean;
  readonly #inArena: boolean;

  constructor(environment: Environment, handle: Pointer, options: SessionOptions) {
    this.#environment = environment;
    this.#handle = handle;
    this.device = options.device ?? 'cpu';
    this.#profiled = options.profile === true;
    this.#inArena = options.sharedArena === true;
    this.inputs = this.#names('SessionGetInputCount', 'SessionGetInputName');
    this.outputs = this.#names('SessionGetOutputCount', 'SessionGetOutputName');
  }

  #names(
    count: 'SessionGetInputCount' | 'SessionGetOutputCount',
    get: 'SessionGetInputName' | 'SessionGetOutputName',
  ): string[] {
    const { library, allocator } = this.#environment;
    return Array.from({ length: library.number(count, this.#handle) }, (_, i) => {
      const pointer = library.make(get, this.#handle, i, allocator);
      const name = koffi.decode(pointer, 'char', -1) as string;
      library.call('AllocatorFree', allocator, pointer);
      return name;
    });
  }

  bind(): Binding {
    return new DirectBinding(this.#environment, this.#handle, hasOwnMemory(this.device));
  }

  hold(dtype: DType, shape: readonly number[]): DeviceTensor {
    try {
      this.#memory ??= new DeviceMemory(this.#environment, this.#handle, this.device);
      return new HeldTensor(this.#environment, this.#memory, dtype, shape);
    } catch (error) {
      throw asUserError(error);
    }
  }

  run(
    feeds: Readonly<Record<string, Tensor>>,
    outputs?: readonly string[],
    options?: RunOptions,
  ): Promise<Record<string, Tensor>> {
    return runOnce(this, feeds, outputs, options);
  }

  operatorTimes(): OperatorTime[] {
    if (!this.#profiled) return [];
    const { library, allocator } = this.#environment;
    const pointer = library.make('SessionEndProfiling', this.#handle, allocator);
    const file = koffi.decode(pointer, 'char', -1) as string;
    library.call('AllocatorFree', allocator, pointer);
    return readProfile(file);
  }

  dispose(): void {
    if (!this.#handle) return;
    this.#memory?.release();
    this.#environment.library.plain('ReleaseSession', this.#handle);
    this.#handle = null;
    if (this.#inArena) this.#environment.leaveSharedArena();
  }
}

class DirectBinding implements Binding {
  readonly #environment: Environment;
  readonly #session: Pointer;
  readonly #handle: Pointer;
  /** What is bound under each name; values are made once for a tensor and reused while it stays bound or cached. */
  readonly #bound = new Map<string, Tensor | DeviceTensor>();
  readonly #values = new Map<Tensor | DeviceTensor, RuntimeValue | HeldTensor>();
  /** By name, of a device with memory of its own: binding copies what they hold there. */
  readonly #copied = new Map<string, RuntimeValue>();
  readonly #allocated = new Set<string>();
  readonly #copies: boolean;
  #running = false;

  constructor(environment: Environment, session: Pointer, copies: boolean) {
    this.#copies = copies;
    this.#environment = environment;
    this.#session = session;
    this.#handle = environment.library.make('CreateIoBinding', session);
  }

  input(name: string, value: Tensor | DeviceTensor): this {
    return this.#bind('BindInput', `in ${name}`, name, value, this.#copies && !(value instanceof HeldTensor));
  }

  constant(name: string, value: Tensor): this {
    return this.#bind('BindInput', `in ${name}`, name, value);
  }

  output(name: string, value: Tensor | DeviceTensor): this {
    this.#allocated.delete(name);
    return this.#bind('BindOutput', `out ${name}`, name, value);
  }

  /** @param later bound at every run, which copies what it then holds */
  #bind(
    call: 'BindInput' | 'BindOutput',
    key: string,
    name: string,
    value: Tensor | DeviceTensor,
    later = false,
  ): this {
    this.#idle();
    const before = this.#bound.get(key);
    if (before === value) return this;
    try {
      let made = this.#values.get(value);
      if (!made) {
        made = value instanceof HeldTensor ? value : new RuntimeValue(this.#environment, value as Tensor);
        this.#values.set(value, made);
      }
      if (call === 'BindInput') this.#copied.delete(name);
      if (later) this.#copied.set(name, made as RuntimeValue);
      else this.#environment.library.call(call, this.#handle, name, made.handle);
    } catch (error) {
      throw asUserError(error);
    }
    this.#bound.set(key, value);
    if (before) this.#forget(before);
    return this;
  }

  #forget(value: Tensor | DeviceTensor): void {
    for (const other of this.#bound.values()) if (other === value) return;
    this.#releaseOwn(value);
    this.#values.delete(value);
  }

  /** Held tensors are whose who made them. */
  #releaseOwn(value: Tensor | DeviceTensor): void {
    const made = this.#values.get(value);
    if (made instanceof RuntimeValue) made.release();
  }

  allocate(name: string): this {
    this.#idle();
    this.#allocated.add(name);
    return this;
  }

  /** Inputs go to the device as they are now. The runtime keeps what it made and would write the next run's result, of another shape perhaps, into it. */
  #prepare(): void {
    const { library, cpu } = this.#environment;
    for (const [name, value] of this.#copied) library.call('BindInput', this.#handle, name, value.handle);
    for (const name of this.#allocated) library.call('BindOutputToDevice', this.#handle, name, cpu);
  }

  #idle(): void {
    if (this.#running) throw new Error('the binding is running');
  }

  async run({ signal }: RunOptions = {}): Promise<void> {
    this.#idle();
    signal?.throwIfAborted();
    this.#prepare();
    const { library } = this.#environment;
    const runOptions = library.make('CreateRunOptions');
    const stop = () => library.call('RunOptionsSetTerminate', runOptions);
    signal?.addEventListener('abort', stop, { once: true });
    this.#running = true;
    try {
      await library.callAsync('RunWithBinding', this.#session, runOptions, this.#handle);
    } catch (error) {
      signal?.throwIfAborted();
      throw asUserError(error);
    } finally {
      this.#running = false;
      signal?.removeEventListener('abort', stop);
      library.plain('ReleaseRunOptions', runOptions);
    }
    signal?.throwIfAborted();
  }

  runSync(): void {
    this.#idle();
    this.#prepare();
    try {
      this.#environment.library.call('RunWithBinding', this.#session, null, this.#handle);
    } catch (error) {
      throw asUserError(error);
    }
  }

  outputs(): Record<string, Tensor> {
    const { library, allocator } = this.#environment;
    const names = this.#outputNames();
    const out = [null];
    const count = [0];
    library.call('GetBoundOutputValues', this.#handle, allocator, out, count);
    const handles = Number(count[0]) === 0 ? [] : (koffi.decode(out[0], 'void *', Number(count[0])) as Pointer[]);
    if (out[0]) library.call('AllocatorFree', allocator, out[0]);
    const result: Record<string, Tensor> = {};
    handles.forEach((handle, i) => {
      if (this.#allocated.has(names[i])) result[names[i]] = copyOut(this.#environment, handle);
      library.plain('ReleaseValue', handle);
    });
    return result;
  }

  #outputNames(): string[] {
    const { library, allocator } = this.#environment;
    const text = [null];
    const lengths = [null];
    const count = [0];
    library.call('GetBoundOutputNames', this.#handle, allocator, text, lengths, count);
    const n = Number(count[0]);
    if (n === 0) return [];
    const sizes = Array.from(koffi.decode(lengths[0], 'size_t', n) as BigUint64Array, Number);
    const total = sizes.reduce((a, b) => a + b, 0);
    const bytes = koffi.decode(text[0], koffi.array('uint8_t', total, 'Typed')) as Uint8Array;
    let at = 0;
    const names = sizes.map((size) => Buffer.from(bytes.subarray(at, (at += size))).toString('utf8'));
    library.call('AllocatorFree', allocator, text[0]);
    library.call('AllocatorFree', allocator, lengths[0]);
    return names;
  }

  dispose(): void {
    this.#idle();
    this.#environment.library.plain('ReleaseIoBinding', this.#handle);
    for (const value of this.#values.keys()) this.#releaseOwn(value);
    this.#values.clear();
    this.#bound.clear();
  }
}
