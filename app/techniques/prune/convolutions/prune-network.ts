/** Pruning an ONNX network that is no language model: channels of its convolutions go. */
import { basename, join, resolve } from 'node:path';
import { UserError } from '../../../contract/errors.ts';
import { assertReplaceable, writeFolderAtomically, writeJsonAtomically } from '../../../files/atomic.ts';
import { LINEAGE_FILE, nextStep, readLineage, withStep } from '../../../models/lineage.ts';
import { companionsOf, countParameters } from '../../../models/onnx-folder.ts';
import { modelSize } from '../../../models/size.ts';
import { copyCompanions } from '../../../models/write-folder.ts';
import { openOnnx } from '../../../onnx/open.ts';
import { writeOnnx } from '../../../onnx/write.ts';
import { type Graph, isExternal } from '../../../tensor/graph.ts';
import { latencyOf } from '../latency-target.ts';
import type { PruneOptions } from '../schema.ts';
import { type ConvolutionsCut, cutConvolutions } from './cut-convolutions.ts';
import { byActivations, byFilters, type WatchValues } from './importance.ts';

export interface PrunedNetwork {
  readonly model: string;
  readonly parametersBefore: number;
  readonly parametersAfter: number;
  readonly sizeBytesBefore: number;
  readonly sizeBytesAfter: number;
  readonly removed: ConvolutionsCut['removed'];
  readonly whole: ConvolutionsCut['whole'];
  /** How the channels were found. */
  readonly by: 'activation' | 'magnitude';
}

/**
 * @param files of the model; one of them
 * @param watch shows the values of the user's data; absent: there are none
 * @throws UserError arguments/incompatible, prune/too-much, model/unsupported, onnx/*, disk/full
 */
export async function pruneNetwork(
  files: readonly string[],
  out: string,
  options: PruneOptions,
  watch?: WatchValues,
): Promise<PrunedNetwork> {
  const {
    method,
    part,
    by = watch ? 'activation' : 'magnitude',
    amount,
    recover,
    targetSize,
    targetParameters,
    layers,
    iterations,
  } = options;
  const [file, ...others] = files;
  if (others.length > 0) throw new UserError('model/unsupported', `the model is ${files.length} graphs: name one file`);
  if (method !== 'width' || part !== 'channels') {
    throw new UserError('arguments/incompatible', 'an ONNX network loses channels: --method width --part channels');
  }
  const aims = [targetSize, targetParameters, latencyOf(options), layers];
  if (recover !== 'none' || iterations !== 1 || aims.some((aim) => aim !== undefined)) {
    throw new UserError(
      'arguments/incompatible',
      'an ONNX network takes --amount alone, and is not trained afterwards',
    );
  }
  if (by !== 'activation' && by !== 'magnitude') {
    throw new UserError('arguments/incompatible', `channels of an ONNX network are not found --by ${by}`);
  }
  if (by === 'activation' && !watch) {
    throw new UserError(
      'arguments/incompatible',
      '--by activation needs a float32 network and inputs for it: a safetensors file with --data',
    );
  }
  await assertReplaceable(out);
  const model = await openOnnx(file);
  const rate = by === 'activation' ? byActivations(watch!) : byFilters;
  const cut = await cutConvolutions(model, amount ?? 0.1, rate);
  const companions = await companionsOf(file);
  await writeFolderAtomically(out, async (folder) => {
    await copyCompanions(companions, folder);
    await writeOnnx(cut.model, join(folder, 'onnx', basename(file)));
    const lineage = await readLineage(companions);
    await writeJsonAtomically(join(folder, LINEAGE_FILE), withStep(lineage, nextStep('prune', options)));
  });
  return {
    model: resolve(out),
    parametersBefore: countParameters(model.graph),
    parametersAfter: countParameters(cut.model.graph),
    sizeBytesBefore: (await modelSize(file)) + bytesBeside(model.graph, file),
    sizeBytesAfter: await modelSize(resolve(out)),
    removed: cut.removed,
    whole: cut.whole,
    by,
  };
}

/** Tensors that lie in other files. */
function bytesBeside({ constants }: Graph, file: string): number {
  const outside = [...constants.values()].filter(isExternal).filter((constant) => constant.file !== resolve(file));
  return outside.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
