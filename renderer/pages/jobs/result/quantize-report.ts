/** What a quantize step chose for each layer, and what that is expected to lose, as it says itself. Pure. */
import { layerOf, place } from './layer-bytes.ts';

export interface QuantizedLayer {
  /** `embed`, `0`, `1`, …, `head`. */
  readonly name: string;
  /** Mean over its weights. */
  readonly bits: number;
  /** All that occur, the most first. */
  readonly widths: readonly number[];
  readonly bytes: number;
  /** Nats a token, where it was measured: in the bits that it has, and in 4 bits. */
  readonly loss?: number;
  readonly probe?: number;
}

interface Part {
  readonly modules: readonly string[];
  readonly bits: number;
  readonly bytes: number;
  readonly sensitivity?: number;
  readonly loss?: number;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function isPart(value: unknown): value is Part {
  if (!isRecord(value)) return false;
  const numbers = [value.bits, value.bytes].every((v) => typeof v === 'number' && v > 0);
  return numbers && Array.isArray(value.modules) && typeof value.modules[0] === 'string';
}

const sum = (values: readonly (number | undefined)[]): number | undefined =>
  values.reduce((all, value) => (all === undefined || value === undefined ? undefined : all + value), 0);

/** @param result of a quantize step, as the job kept it; undefined where all layers were treated alike */
export function quantizedLayers(result: unknown): QuantizedLayer[] | undefined {
  const parts = isRecord(result) ? result.parts : undefined;
  if (!Array.isArray(parts) || parts.length === 0 || !parts.every(isPart)) return undefined;
  const layers = new Map<string, Part[]>();
  for (const part of parts) {
    const name = layerOf(`${part.modules[0]}.weight`);
    layers.set(name, [...(layers.get(name) ?? []), part]);
  }
  return [...layers]
    .sort(([a], [b]) => place(a) - place(b))
    .map(([name, own]) => {
      // Scales are a few per cent of a part's bytes, in each alike.
      const weights = own.map(({ bits, bytes }) => bytes / bits);
      const all = weights.reduce((a, b) => a + b, 0);
      return {
        name,
        bits: own.reduce((mean, { bits }, i) => mean + (bits * weights[i]) / all, 0),
        widths: [...new Set(own.map(({ bits }) => bits))].sort((a, b) => b - a),
        bytes: own.reduce((total, { bytes }) => total + bytes, 0),
        loss: sum(own.map(({ loss }) => loss)),
        probe: sum(own.map(({ sensitivity }) => sensitivity)),
      };
    });
}

export interface LossTotals {
  /** Nats a token, of all layers. */
  readonly loss: number;
  readonly probe: number;
}

/** What all layers together are expected to lose; undefined where none was measured. */
export function lossTotals(layers: readonly QuantizedLayer[]): LossTotals | undefined {
  const [loss, probe] = [sum(layers.map((one) => one.loss)), sum(layers.map((one) => one.probe))];
  return loss === undefined || probe === undefined ? undefined : { loss, probe };
}
