/** How much each channel of a group matters: by the filters that make it, or by what its readers get of it. */
import { mean } from '../../../evaluate/statistics.ts';
import { readFloats } from '../../../models/weights/constants.ts';
import type { AnyValue, Constant, Graph } from '../../../tensor/graph.ts';
import type { Tensor } from '../../../tensor/tensor.ts';
import { type ChannelGroup, channelsOf, type Maker, type Reader } from './channel-groups.ts';
import type { Followed } from './follow-channels.ts';

/** Finds the importance [channels] of every group that may lose some. */
export type Rate = (graph: Graph, followed: Followed) => Promise<(group: ChannelGroup) => Promise<Float64Array>>;

/** Runs data through a graph and shows what some of its values are, each time with the whole batch. */
export type WatchValues = (
  graph: Graph,
  values: readonly AnyValue[],
  visit: (name: string, values: Tensor) => void,
) => Promise<void>;

export const byFilters: Rate =
  async ({ constants }) =>
  (group) =>
    filterImportance(group, constants);

/**
 * What a channel brings to those that multiply it by weights: the root mean square of its values on the data times the length
 * of the weights that read them (Wanda's measure, Sun et al. 2024, of a whole channel); each reader's as shares of its own
 * mean, summed over the readers.
 */
export const byActivations =
  (watch: WatchValues): Rate =>
  async (graph, { readers, groups }) => {
    const sums = new Map(groups.map((group) => [group.root, new Float64Array(group.size)]));
    const squares = new Map<string, { readonly sums: Float64Array; count: number }>();
    const values = readers.map(({ value }) => value);
    await watch(graph, values, (name, { shape, data }) => {
      const [batch, places, ...plane] = shape;
      const inner = plane.reduce((a, b) => a * b, 1);
      const known = squares.get(name) ?? { sums: new Float64Array(places), count: 0 };
      for (let i = 0; i < data.length; i++) {
        known.sums[Math.floor(i / inner) % places] += (data as Float32Array)[i] ** 2;
      }
      known.count += batch * inner;
      squares.set(name, known);
    });
    for (const reader of readers) {
      const read = squares.get(reader.value.name)!;
      const lengths = await weightLengths(reader, graph.constants);
      const brought = lengths.map((length, place) => length * Math.sqrt(read.sums[place] / read.count));
      const usual = mean(brought) || 1;
      let place = 0;
      for (const [group, channel] of channelsOf(reader)) sums.get(group)![channel] += brought[place++] / usual;
    }
    return async (group) => sums.get(group.root)!;
  };

/** Of each place of a reader's axis the length of all weights that multiply it. */
async function weightLengths({ constant, axis }: Reader, constants: ReadonlyMap<string, Constant>) {
  const { shape } = constants.get(constant)!;
  const values = await readFloats(constants.get(constant)!);
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const sums = new Float64Array(shape[axis]);
  for (let i = 0; i < values.length; i++) sums[Math.floor(i / inner) % sums.length] += values[i] ** 2;
  return sums.map(Math.sqrt);
}

/**
 * Sum of the absolute weights of a channel's filter (Li et al. 2017, arXiv:1608.08710), times what the batch norm after it
 * multiplies by; each convolution's as shares of its own mean, summed over those that make the group.
 * @returns [channels]
 */
async function filterImportance(group: ChannelGroup, constants: ReadonlyMap<string, Constant>): Promise<Float64Array> {
  const sums = new Float64Array(group.size);
  for (const maker of group.makers) {
    const sizes = await filterSizes(maker, constants);
    const usual = mean(sizes) || 1;
    sizes.forEach((v, c) => {
      sums[c] += v / usual;
    });
  }
  return sums;
}

async function filterSizes({ weight, axis, norm }: Maker, constants: ReadonlyMap<string, Constant>) {
  const stored = constants.get(weight)!;
  const values = await readFloats(stored);
  const inner = stored.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const sizes = new Float64Array(stored.shape[axis]);
  for (let i = 0; i < values.length; i++) sizes[Math.floor(i / inner) % sizes.length] += Math.abs(values[i]);
  if (!norm) return sizes;
  const [scale, variance] = [
    await readFloats(constants.get(norm.scale)!),
    await readFloats(constants.get(norm.variance)!),
  ];
  return sizes.map((size, c) => (size * Math.abs(scale[c])) / Math.sqrt(variance[c] + norm.epsilon));
}
