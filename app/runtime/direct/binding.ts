/** Inputs and outputs of a session tied to memory through the C API. */
import koffi from 'koffi';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Binding, DeviceTensor, RunOptions } from '../session.ts';
import { HeldTensor } from './device-memory.ts';
import type { Environment } from './environment.ts';
import { asUserError, type Pointer } from './library.ts';
import { copyOut, RuntimeValue } from './value.ts';

export class DirectBinding implements Binding {
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
