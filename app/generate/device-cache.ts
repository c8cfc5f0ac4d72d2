/**
 * Keys and values of sequences that a device holds in its own memory: runs read and write them there, and nobody here ever
 * sees them. All lanes are one tensor, in which they step together; one that is read by itself is taken out for it and put
 * back before the others step again.
 */
import { pastName, presentName } from '../models/graphs/cache-kit.ts';
import type { StoredModel } from '../models/stored.ts';
import type { Binding, DeviceTensor, Session } from '../runtime/session.ts';
import { LaneMover } from './lane-mover.ts';

export class DeviceCache {
  readonly lanes: number;
  readonly #session: Session;
  readonly #names: readonly { readonly past: string; readonly present: string }[];
  /** One lane, [1, kv heads, capacity, head dim] each. */
  readonly #single: readonly DeviceTensor[];
  /** All of them, [lanes, kv heads, capacity, head dim] each; empty where there is one. */
  readonly #all: readonly DeviceTensor[];
  readonly #mover: LaneMover | undefined;
  /** Where each lane lies. */
  readonly #places: number[];
  /** The lane that is taken out, by its place. */
  #out: number | undefined;
  /** Copies that were asked for, to be made before the next run. */
  #copies: (() => Promise<void>)[] = [];

  private constructor({ config }: StoredModel, capacity: number, session: Session, lanes: number) {
    this.lanes = lanes;
    this.#session = session;
    this.#places = Array.from({ length: lanes }, (_, lane) => lane);
    this.#names = Array.from({ length: config.layers }, (_, layer) => layer).flatMap((layer) =>
      (['key', 'value'] as const).map((part) => ({ past: pastName(layer, part), present: presentName(layer, part) })),
    );
    const shape = [config.keyValueHeads, capacity, config.headDim];
    this.#single = this.#hold([1, ...shape]);
    try {
      this.#all = lanes > 1 ? this.#hold([lanes, ...shape]) : [];
    } catch (error) {
      for (const tensor of this.#single) tensor.release();
      throw error;
    }
    if (lanes > 1) this.#mover = new LaneMover([lanes, ...shape], this.#names.length, session.device);
    else this.#out = 0;
  }

  /**
   * @param session whose device holds it, and which is over where there is no room; else it may be disposed of after the cache only
   * @param capacity tokens of a lane
   * @throws UserError runtime/failed where the device's memory does not suffice
   */
  static on(session: Session, model: StoredModel, capacity: number, lanes = 1): DeviceCache {
    try {
      return new DeviceCache(model, capacity, session, lanes);
    } catch (error) {
      session.dispose();
      throw error;
    }
  }

  #hold(shape: readonly number[]): DeviceTensor[] {
    const held: DeviceTensor[] = [];
    try {
      for (const _ of this.#names) held.push(this.#session.hold('float32', shape));
    } catch (error) {
      for (const tensor of held) tensor.release();
      throw error;
    }
    return held;
  }

  /** Which row of `bindAll` a lane is. */
  place(lane: number): number {
    return this.#places[lane];
  }

  /** The runs of the binding read and write one lane. */
  async bindOne(binding: Binding, lane: number): Promise<void> {
    await this.#settle();
    await this.#take(this.#places[lane]);
    this.#bind(binding, this.#single);
  }

  /** The runs of the binding read and write all lanes. */
  async bindAll(binding: Binding): Promise<void> {
    await this.#settle();
    await this.#putBack();
    this.#bind(binding, this.#all);
  }

  #bind(binding: Binding, data: readonly DeviceTensor[]): void {
    for (const [i, { past, present }] of this.#names.entries()) binding.input(past, data[i]).output(present, data[i]);
  }

  async #settle(): Promise<void> {
    for (const copy of this.#copies.splice(0)) await copy();
  }

  async #take(place: number): Promise<void> {
    if (this.#out === place) return;
    await this.#putBack();
    await this.#mover!.take(this.#all, place, this.#single);
    this.#out = place;
  }

  async #putBack(): Promise<void> {
    if (this.#out === undefined || !this.#mover) return;
    await this.#mover.put(this.#single, this.#out, this.#all);
    this.#out = undefined;
  }

  /** Copies a lane into another, before the next run. */
  copy(from: number, to: number): void {
    const [source, target] = [this.#places[from], this.#places[to]];
    this.#copies.push(async () => {
      await this.#take(source);
      await this.#putBack();
      // What was taken out is put back in another place.
      this.#out = target;
    });
  }

  /** Exchanges what two lanes hold. */
  swap(one: number, other: number): void {
    const places = this.#places;
    [places[one], places[other]] = [places[other], places[one]];
  }

  /** After every binding that names it, and before the session. */
  release(): void {
    this.#mover?.dispose();
    for (const tensor of [...this.#single, ...this.#all]) tensor.release();
  }
}
