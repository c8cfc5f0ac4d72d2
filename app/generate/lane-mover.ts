/** Moves a lane of a cache out of the tensor of all lanes and back, within a device's memory. */
import { encodeModel } from '../onnx/encode.ts';
import { openSession } from '../runtime/open.ts';
import { OpenedOnce } from '../runtime/opened-once.ts';
import type { Binding, Device, DeviceTensor, Session } from '../runtime/session.ts';
import { GraphBuilder } from '../tensor/builder.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';

type Tensors = readonly DeviceTensor[];

interface Mover {
  readonly session: Session;
  readonly binding: Binding;
}

export class LaneMover {
  /** [lanes, kv heads, capacity, head dim] */
  readonly #shape: readonly number[];
  readonly #count: number;
  readonly #device: Device;
  /** First and end. */
  readonly #range = new BigInt64Array(2);
  readonly #opened: Mover[] = [];
  readonly #taking = new OpenedOnce<Mover>();
  readonly #putting = new OpenedOnce<Mover>();

  /** @param count tensors of this shape */
  constructor(shape: readonly number[], count: number, device: Device) {
    this.#shape = shape;
    this.#count = count;
    this.#device = device;
  }

  /** all[place] -> one, [1, kv heads, capacity, head dim] each */
  async take(all: Tensors, place: number, one: Tensors): Promise<void> {
    const mover = await this.#taking.get(() =>
      this.#open(all, one, (g) => {
        const [first, end] = ['first', 'end'].map((name) => g.input(name, 'int64', [1]));
        for (let i = 0; i < this.#count; i++) {
          const x = g.input(`x${i}`, 'float32', this.#shape);
          const types = [{ dtype: x.dtype, shape: [1, ...this.#shape.slice(1)] }];
          g.output(g.op('Slice', [x, first, end, g.int64s([0])], {}, { types }), `y${i}`);
        }
      }),
    );
    await this.#run(mover, place);
  }

  /** one -> all[place], in place */
  async put(one: Tensors, place: number, all: Tensors): Promise<void> {
    const mover = await this.#putting.get(async () => {
      const opened = await this.#open(one, all, (g) => {
        const indices = g.unsqueeze(g.input('first', 'int64', [1]), [1]);
        for (let i = 0; i < this.#count; i++) {
          const data = g.input(`all${i}`, 'float32', this.#shape);
          const x = g.input(`x${i}`, 'float32', [1, ...this.#shape.slice(1)]);
          g.output(g.op('ScatterND', [data, indices, x]), `y${i}`);
        }
      });
      for (const [i, tensor] of all.entries()) opened.binding.input(`all${i}`, tensor);
      return opened;
    });
    await this.#run(mover, place);
  }

  async #open(from: Tensors, to: Tensors, build: (g: GraphBuilder) => void): Promise<Mover> {
    const g = new GraphBuilder();
    build(g);
    const session = await openSession(encodeModel(g.build()), { device: this.#device, threads: 1 });
    const binding = session.bind();
    this.#opened.push({ session, binding });
    for (const [i, tensor] of from.entries()) binding.input(`x${i}`, tensor);
    for (const [i, tensor] of to.entries()) binding.output(`y${i}`, tensor);
    const at = (i: number): Tensor => tensor('int64', [1], this.#range.subarray(i, i + 1));
    for (const [i, name] of ['first', 'end'].entries()) if (session.inputs.includes(name)) binding.input(name, at(i));
    return { session, binding };
  }

  async #run({ binding }: Mover, place: number): Promise<void> {
    this.#range[0] = BigInt(place);
    this.#range[1] = BigInt(place + 1);
    await binding.run();
  }

  /** At once, and while nothing is moved: the tensors that the bindings name belong to another session, which ends after this. */
  dispose(): void {
    for (const { session, binding } of this.#opened.splice(0)) {
      binding.dispose();
      session.dispose();
    }
  }
}
