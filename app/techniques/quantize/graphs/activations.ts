/** Runs data through a graph and shows the values that its nodes are given. */
import { UserError } from '../../../contract/errors.ts';
import { openSession } from '../../../runtime/open.ts';
import type { AnyValue, Graph } from '../../../tensor/graph.ts';
import type { Tensor } from '../../../tensor/tensor.ts';

export type Feeds = Readonly<Record<string, Tensor>>;

export interface ActivationOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly dataFolder: string;
  /** Encodes a graph; its large constants are where they were. */
  readonly encode: (graph: Graph) => Uint8Array;
}

type Visit = (name: string, values: Tensor) => void;

function assertNumbers(name: string, { data }: Tensor): void {
  for (const value of data as Float32Array) {
    if (value - value !== 0) throw new UserError('arguments/invalid', `the calibration data make ${name} ${value}`);
  }
}

/**
 * @param work is handed a walk over the data, which it may take several times
 * @throws UserError arguments/invalid where a value is NaN or infinite
 */
export async function withActivations<T>(
  graph: Graph,
  values: readonly AnyValue[],
  data: readonly Feeds[],
  { threads, signal, dataFolder, encode }: ActivationOptions,
  work: (each: (visit: Visit) => Promise<void>) => Promise<T>,
): Promise<T> {
  const wanted = [...new Map(values.map((value) => [value.name, value])).values()];
  const made = wanted.filter(({ name }) => !graph.inputs.some((x) => x.name === name));
  const known = new Set(graph.outputs.map(({ name }) => name));
  const extra = made
    .filter(({ name }) => !known.has(name))
    .map((value) => ({ ...value, dtype: 'float32' as const, shape: undefined }));
  const outputs = [...graph.outputs, ...extra];
  const session = await openSession(encode({ ...graph, outputs }), { threads, dataFolder, optimization: 'basic' });
  try {
    const names = made.map(({ name }) => name);
    return await work(async (visit) => {
      for (const feeds of data) {
        signal?.throwIfAborted();
        const results = names.length > 0 ? await session.run(feeds, names, { signal }) : {};
        for (const { name } of wanted) {
          const values = results[name] ?? feeds[name];
          assertNumbers(name, values);
          visit(name, values);
        }
      }
    });
  } finally {
    session.dispose();
  }
}
