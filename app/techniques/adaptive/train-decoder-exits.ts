/** Exit heads of a decoder and their gates, fitted to its own states of the training windows. */
import type { ListHead } from '../../models/graphs/list-head.ts';
import type { StoredModel } from '../../models/stored.ts';
import type { AdaptContext } from './adapt-context.ts';
import { collectStates } from './decoder-states.ts';
import type { Tabulator, TrainedExit } from './decoder-table.ts';
import { type MapOptions, trainMaps } from './exit-maps.ts';
import { fitGate } from './fit-gate.ts';
import type { AdaptOptions } from './schema.ts';
import { listRows } from './short-list.ts';
import type { WindowParts } from './token-windows.ts';

export interface DecoderTraining {
  readonly model: StoredModel;
  readonly parts: WindowParts;
  readonly layers: readonly number[];
  readonly list: ListHead;
  readonly tabulator: Tabulator;
  readonly options: AdaptOptions;
}

/** Tokens of the training windows that the gate is fitted to. */
const GATE_TOKENS = 16_384;

/** Maps and gates of the layers that may become exits. */
export async function trainDecoderExits(
  { model, parts, layers, list, tabulator, options }: DecoderTraining,
  context: AdaptContext,
): Promise<ReadonlyMap<number, TrainedExit>> {
  const { width } = model.config;
  const states = await collectStates(model, parts.train, layers, context);
  const training: MapOptions = {
    epochs: options.epochs ?? 4,
    batchSize: 512,
    learningRate: options.learningRate ?? 1e-3,
    seed: options.seed,
  };
  const maps = await trainMaps(states, await listRows(model, list), width, training, context);
  const trained = new Map<number, TrainedExit>();
  for (const [layer, map] of maps) {
    const x = states.exits.get(layer)!.subarray(0, GATE_TOKENS * width);
    const { confidence } = await tabulator.exit(x, map);
    trained.set(layer, { map, gate: await fitGate(x, confidence, width, context.threads) });
  }
  return trained;
}

/** About three quarters, seven eighths and all but two of the layers. */
export function defaultExits(layers: number): number[] {
  const wanted = [Math.round(0.73 * layers), Math.round(0.87 * layers), layers - 2].map((layer) =>
    Math.min(layers - 1, Math.max(1, layer)),
  );
  return [...new Set(wanted)].sort((a, b) => a - b);
}
