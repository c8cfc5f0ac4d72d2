/** What the weights that training begins with give the answers of preferences: computed once, before the first step. */
import { encodeModel } from '../../onnx/encode.ts';
import { openSession } from '../../runtime/open.ts';
import type { Graph } from '../../tensor/graph.ts';
import { tensor } from '../../tensor/tensor.ts';
import type { PairScores, PreferenceSource } from './preference-source.ts';
import type { Trainer } from './trainer.ts';

export interface ReferenceOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Pairs scored so far, of all. */
  readonly onProgress?: (done: number, all: number) => void;
}

export interface WantedPairs {
  readonly source: PreferenceSource;
  readonly pairs: readonly number[];
}

/** A run goes over these pairs: all that are held out, and of the others all, or those of its steps where they are less than an epoch. */
export function pairsOfRun(
  training: PreferenceSource,
  heldOut: PreferenceSource | undefined,
  steps: number,
): WantedPairs[] {
  const all = (source: PreferenceSource) => Array.from({ length: source.count }, (_, pair) => pair);
  const some = () => Array.from({ length: steps }, (_, step) => training.pairsOf(step)).flat();
  const own = { source: training, pairs: steps < training.steps(1) ? some() : all(training) };
  return heldOut ? [own, { source: heldOut, pairs: all(heldOut) }] : [own];
}

/**
 * @param graph of preferences, with scores
 * @param trainer its weights as they are now are the reference
 * @param wanted which pairs of each source
 */
export async function scoreReference(
  graph: Graph,
  trainer: Trainer,
  wanted: readonly WantedPairs[],
  { threads, signal, onProgress }: ReferenceOptions = {},
): Promise<void> {
  const settings = { threads, prepack: false, memoryPattern: false, sharedArena: true };
  const session = await openSession(encodeModel(graph), settings);
  const binding = session.bind();
  try {
    trainer.bindWeights(session, binding);
    binding.input('divisor', tensor('float32', [], Float32Array.of(1)));
    for (const name of session.outputs) binding.allocate(name);
    const all = wanted.reduce((n, { pairs }) => n + pairs.length, 0);
    let done = 0;
    for (const { source, pairs } of wanted) {
      const scores = new Map<number, PairScores>();
      for (const pair of pairs) {
        // One pair at a time: the scores are the same whatever the batches are.
        const { inputs } = source.batchOf([pair]);
        for (const name of session.inputs) if (inputs[name]) binding.input(name, inputs[name]);
        await binding.run({ signal });
        const outputs = binding.outputs();
        const value = (name: string) => (outputs[name].data as Float32Array)[0];
        scores.set(pair, { chosen: value('chosen_scores'), rejected: value('rejected_scores') });
        onProgress?.(++done, all);
      }
      source.compareWith(scores);
    }
  } finally {
    binding.dispose();
    session.dispose();
  }
}
