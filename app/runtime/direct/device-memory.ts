/** Memory of the device that a session runs on, and tensors that stay in it. */
import { CAST_CODES } from '../../tensor/cast-codes.ts';
import type { DType } from '../../tensor/dtype.ts';
import type { Device, DeviceTensor } from '../session.ts';
import type { Environment } from './environment.ts';
import type { Pointer } from './library.ts';

const DEVICE_ALLOCATOR = 0;
const DEFAULT_MEMORY = 0;
const FIRST_DEVICE = 0;

interface Provider {
  /** As sessions ask for it. */
  readonly name: string;
  /** What its memory is called; absent: it computes on the processor's. */
  readonly memory?: string;
}

export const PROVIDERS: Readonly<Record<Exclude<Device, 'cpu'>, Provider>> = {
  webgpu: { name: 'WebGPU', memory: 'WebGPU_Buf' },
  dml: { name: 'DML', memory: 'DML' },
  coreml: { name: 'CoreML' },
  cuda: { name: 'CUDA', memory: 'Cuda' },
};

const memoryOf = (device: Device): string | undefined => (device === 'cpu' ? undefined : PROVIDERS[device].memory);

/** Whether inputs have to be copied to it. */
export const hasOwnMemory = (device: Device): boolean => memoryOf(device) !== undefined;

export class DeviceMemory {
  readonly allocator: Pointer;
  readonly #environment: Environment;

  /** @throws RuntimeError where the session has no such memory */
  constructor(environment: Environment, session: Pointer, device: Device) {
    this.#environment = environment;
    const { library } = environment;
    const name = memoryOf(device) ?? 'Cpu';
    const info = library.make('CreateMemoryInfo', name, DEVICE_ALLOCATOR, FIRST_DEVICE, DEFAULT_MEMORY);
    try {
      this.allocator = library.make('CreateAllocator', session, info);
    } finally {
      library.plain('ReleaseMemoryInfo', info);
    }
  }

  /** Before the session is. */
  release(): void {
    this.#environment.library.plain('ReleaseAllocator', this.allocator);
  }
}

export class HeldTensor implements DeviceTensor {
  readonly handle: Pointer;
  readonly #environment: Environment;

  /** @throws RuntimeError where memory does not suffice */
  constructor(
    environment: Environment,
    { allocator }: DeviceMemory,
    readonly dtype: DType,
    readonly shape: readonly number[],
  ) {
    this.#environment = environment;
    const dims = shape.length === 0 ? [0] : [...shape];
    this.handle = environment.library.make('CreateTensorAsOrtValue', allocator, dims, shape.length, CAST_CODES[dtype]);
  }

  release(): void {
    this.#environment.library.plain('ReleaseValue', this.handle);
  }
}
