/** How much each channel of a group matters: the size of the filters that make it. */
import { mean } from '../../../evaluate/statistics.ts';
import { readFloats } from '../../../models/weights/constants.ts';
import type { Constant } from '../../../tensor/graph.ts';
import type { ChannelGroup, Maker } from './channel-groups.ts';

/**
 * Sum of the absolute weights of a channel's filter (Li et al. 2017, arXiv:1608.08710), times what the batch norm after it
 * multiplies by; each convolution's as shares of its own mean, summed over those that make the group.
 * @returns [channels]
 */
export async function filterImportance(
  group: ChannelGroup,
  constants: ReadonlyMap<string, Constant>,
): Promise<Float64Array> {
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
