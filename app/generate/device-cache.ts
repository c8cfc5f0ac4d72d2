/**
 * Keys and values of sequences that a device holds in its own memory: runs read and write them there, and nobody here ever
 * sees them. Each sequence has a lane of its own.
 */
import { pastName, presentName } from '../models/graphs/cache-kit.ts';
import type { StoredModel } from '../models/stored.ts';
import { encodeModel } from '../onnx/encode.ts';
import { openSession } from '../runtime/open.ts';
import type { Binding, Device, DeviceTensor, Session } from '../runtime/session.ts';
import { GraphBuilder } from '../tensor/builder.ts';

interface Slot {
  readonly past: string;
  readonly present: string;
  readonly data: DeviceTensor;
}

interface Copier {
  readonly session: Session;
  readonly binding: Binding;
}

export class DeviceCache {
  readonly #lanes: (readonly Slot[])[] = [];
  #copier: Copier | undefined;

  private constructor() {}

  /**
   * @param session whose device holds it; it may be disposed of after the cache only
   * @throws UserError runtime/failed where the device's memory does not suffice
   */
  static async open({ config }: StoredModel, capacity: number, session: Session, lanes = 1): Promise<DeviceCache> {
    const shape = [1, config.keyValueHeads, capacity, config.headDim];
    const names = Array.from({ length: config.layers }, (_, layer) => layer).flatMap((layer) =>
      (['key', 'value'] as const).map((part) => ({ past: pastName(layer, part), present: presentName(layer, part) })),
    );
    const cache = new DeviceCache();
    try {
      for (let lane = 0; lane < lanes; lane++) {
        const slots: Slot[] = [];
        cache.#lanes.push(slots);
        for (const name of names) slots.push({ ...name, data: session.hold('float32', shape) });
      }
      if (lanes > 1) cache.#copier = await openCopier(shape, session.device);
    } catch (error) {
      cache.release();
      throw error;
    }
    return cache;
  }

  bindInPlace(binding: Binding, lane = 0, _count = 1): void {
    for (const { past, present, data } of this.#lanes[lane]) binding.input(past, data).output(present, data);
  }

  /** Copies a lane into another. */
  copy(from: number, to: number): void {
    const { binding } = this.#copier!;
    for (const [i, { data }] of this.#lanes[from].entries()) {
      binding.input('x', data).output('y', this.#lanes[to][i].data).runSync();
    }
  }

  /** Exchanges what two lanes hold. */
  swap(one: number, other: number): void {
    const lanes = this.#lanes;
    [lanes[one], lanes[other]] = [lanes[other], lanes[one]];
  }

  /** After every binding that names it, and before the session. */
  release(): void {
    this.#copier?.binding.dispose();
    this.#copier?.session.dispose();
    for (const { data } of this.#lanes.splice(0).flat()) data.release();
  }
}

async function openCopier(shape: readonly number[], device: Device): Promise<Copier> {
  const g = new GraphBuilder();
  g.output(g.op('Identity', [g.input('x', 'float32', shape)]), 'y');
  const session = await openSession(encodeModel(g.build()), { device, threads: 1 });
  return { session, binding: session.bind() };
}
