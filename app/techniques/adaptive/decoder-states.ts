/** Hidden states of a frozen decoder, computed once: after the layers that may become exits, and at the end. */
import { buildTrunk } from '../../models/graphs/predictions.ts';
import { withoutUnread } from '../../models/graphs/unread.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { lower } from '../../tensor/lower.ts';
import { tensor } from '../../tensor/tensor.ts';
import { makeBatch } from '../finetune/batch.ts';

export interface States {
  /** By layer: float32 [tokens, width], divided by their root mean square. */
  readonly exits: ReadonlyMap<number, Float32Array>;
  /** float32 [tokens, width]: normed, what the head reads. */
  readonly final: Float32Array;
  /** The token that follows each, -1 at the end of a window. */
  readonly next: Int32Array;
  /** Tokens of each window, in order. */
  readonly lengths: readonly number[];
}

export interface StatesContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (what: 'reading', done: number, total: number) => void;
}

/** Windows that run at once. */
const ROWS = 8;

export async function collectStates(
  model: Model,
  windows: readonly Int32Array[],
  layers: readonly number[],
  { threads, signal, onProgress }: StatesContext,
): Promise<States> {
  const { width } = model.config;
  const longest = windows.reduce((most, { length }) => Math.max(most, length), 1);
  const g = new GraphBuilder();
  const { kit, hidden } = buildTrunk(g, model, { maxLength: longest });
  for (const layer of layers) g.output(kit.layerInputs[layer], `hidden.${layer}`);
  g.output(hidden, 'final');
  const session = await openSession(encodeModel(lower(withoutUnread(g.build('states')))), {
    threads,
    memoryPattern: false,
  });
  const tokens = windows.reduce((n, { length }) => n + length, 0);
  const exits = new Map(layers.map((layer) => [layer, new Float32Array(tokens * width)]));
  const final = new Float32Array(tokens * width);
  const next = new Int32Array(tokens).fill(-1);
  try {
    const binding = session.bind();
    try {
      for (const [name, { shape }] of kit.weights)
        if (session.inputs.includes(name))
          binding.input(
            name,
            tensor('float32', shape as readonly number[], await readFloats(model.weights.get(name)!)),
          );
      let at = 0;
      for (let begin = 0; begin < windows.length; begin += ROWS) {
        signal?.throwIfAborted();
        const batch = windows.slice(begin, begin + ROWS);
        const { inputs } = makeBatch(batch.map((ids) => ({ ids, labels: ids })));
        for (const name of session.inputs) if (inputs[name]) binding.input(name, inputs[name]);
        for (const name of session.outputs) binding.allocate(name);
        await binding.run({ signal });
        const outputs = binding.outputs();
        const length = Math.max(...batch.map((ids) => ids.length));
        for (const [row, ids] of batch.entries()) {
          const from = row * length * width;
          const to = from + ids.length * width;
          for (const [layer, all] of exits)
            all.set((outputs[`hidden.${layer}`].data as Float32Array).subarray(from, to), at * width);
          final.set((outputs.final.data as Float32Array).subarray(from, to), at * width);
          next.set(ids.subarray(1), at);
          at += ids.length;
        }
        onProgress?.('reading', Math.min(windows.length, begin + ROWS), windows.length);
      }
    } finally {
      binding.dispose();
    }
  } finally {
    session.dispose();
  }
  for (const all of exits.values()) divideByRms(all, width);
  return { exits, final, next, lengths: windows.map(({ length }) => length) };
}

function divideByRms(states: Float32Array, width: number): void {
  for (let at = 0; at < states.length; at += width) {
    let sum = 0;
    for (let i = at; i < at + width; i++) sum += states[i] ** 2;
    const factor = 1 / Math.sqrt(sum / width + 1e-5);
    for (let i = at; i < at + width; i++) states[i] *= factor;
  }
}
