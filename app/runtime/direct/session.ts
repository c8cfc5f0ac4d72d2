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
import { DirectBinding } from './binding.ts';
import { DeviceMemory, HeldTensor, hasOwnMemory, PROVIDERS } from './device-memory.ts';
import { type Environment, sharedEnvironment } from './environment.ts';
import { asUserError, type Pointer } from './library.ts';

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
