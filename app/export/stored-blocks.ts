/** The blocks of a model that was quantized in Lathe, out of its folder. */
import { containerOf, mergePlanes, planeName, planesOf } from '../models/graphs/bit-planes.ts';
import type { Blocks } from '../models/graphs/quantized-linear.ts';
import type { StoredModel } from '../models/stored.ts';
import { readConstant, readFloats } from '../models/weights/constants.ts';
import type { QuantizedBlocks } from '../techniques/quantize/rtn.ts';

/** @param module such as `model.layers.0.mlp.up_proj`, whose form is `format` */
export async function readBlocks(model: StoredModel, module: string, format: Blocks): Promise<QuantizedBlocks> {
  const path = `${module}.weight`;
  const partOf = (name: string) => {
    const constant = model.weights.get(name);
    if (!constant) throw new Error(`${module} is said to be in blocks, but there is no ${name}`);
    return constant;
  };
  const bytes = async (name: string) => (await readConstant(partOf(name))).data as Uint8Array<ArrayBuffer>;
  const scales = (await readFloats(partOf(`${path}.scales`))) as Float32Array<ArrayBuffer>;
  const [rows, groups] = partOf(`${path}.scales`).shape;
  const planes = planesOf(format.bits);
  const codes =
    planes.length === 0
      ? await bytes(`${path}.codes`)
      : mergePlanes(await Promise.all(planes.map((_, i) => bytes(planeName(path, i)))), rows, format.bits);
  return {
    codes,
    scales,
    groups,
    ...(format.zeroPoints ? { zeroPoints: await bytes(`${path}.zero_points`) } : {}),
  };
}

/** Weights in a group of a row as it is stored: the whole row where it shares a scale, padded to whole blocks. */
export const groupSizeIn = ({ codes, scales, groups }: QuantizedBlocks, { bits }: Blocks): number =>
  (codes.length * 8) / containerOf(bits) / (scales.length / groups) / groups;
