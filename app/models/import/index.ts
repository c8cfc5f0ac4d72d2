/** Takes a model from where it lies into a folder of Lathe's own: checked, in one form, whole or not at all. */
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { withFileErrors } from '../../files/file-errors.ts';
import { nextStep } from '../lineage.ts';
import { openModel, readConfig } from '../model.ts';
import { findOnnx } from '../onnx-folder.ts';
import { copyOwnFiles } from '../own-files.ts';
import { packingOf } from '../packing.ts';
import { readFloats } from '../weights/constants.ts';
import { assertFinite, isPickle } from '../weights/index.ts';
import { writeModelFolder } from '../write-folder.ts';
import { type ImportOptions, importGguf } from './gguf.ts';
import { importOnnx } from './onnx.ts';
import { importPacked } from './packed.ts';

export { type ImportOptions, importGguf } from './gguf.ts';

/**
 * @param source Hugging Face folder (also one packed by GPTQ or AWQ), GGUF file, ONNX file or folder
 * @throws UserError model/not-a-model, onnx/*, model/unsupported, model/bad-config, weights/*, file/*, disk/full
 */
export async function importModel(source: string, out: string, options: ImportOptions = {}): Promise<void> {
  const stats = await withFileErrors(source, () => stat(source));
  const onnx = await findOnnx(source);
  if (onnx.length > 0) return importOnnx(onnx, out, options);
  if (stats.isDirectory()) return importFolder(source, out, options);
  if (isPickle(source)) throw new UserError('weights/pickle', `${source} is a pickle file`);
  if (extname(source).toLowerCase() === '.safetensors') {
    throw new UserError(
      'model/not-a-model',
      `${source} holds weights only: give the folder it lies in, with its config.json`,
    );
  }
  return importGguf(source, out, options);
}

async function importFolder(source: string, out: string, options: ImportOptions): Promise<void> {
  const packing = packingOf(await readConfig(source));
  if (packing) return importPacked(source, packing, out, options);
  const { signal, onProgress } = options;
  const model = await openModel(source);
  let done = 0;
  // Every weight is looked at once, so that a broken model is refused now and not in the middle of a training run.
  for (const [name, constant] of model.weights) {
    signal?.throwIfAborted();
    assertFinite(name, await readFloats(constant));
    onProgress?.(++done, model.weights.size);
  }
  // The weights stay as they are, so what was found out about them still holds.
  const also = (folder: string) => copyOwnFiles(source, folder);
  await writeModelFolder(out, model, { step: nextStep('import', { source }), also });
}
