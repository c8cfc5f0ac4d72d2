/** An ONNX file or folder taken as it is: read whole, checked, written anew beside its configuration and tokenizer. */
import { basename, join } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { writeFolderAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import { openOnnx } from '../../onnx/open.ts';
import { writeOnnx } from '../../onnx/write.ts';
import { isFloat } from '../../tensor/dtype.ts';
import { verify } from '../../tensor/verify.ts';
import { LINEAGE_FILE, nextStep } from '../lineage.ts';
import { companionsOf, onnxConfig } from '../onnx-folder.ts';
import { readFloats } from '../weights/constants.ts';
import { copyCompanions } from '../write-folder.ts';
import type { ImportOptions } from './gguf.ts';

/** Constants up to this size may hold anything: masks are full of infinities, and some exporters leave NaN as a mark. */
const SMALL = 4096;

/**
 * @param files of one model
 * @throws UserError onnx/corrupt, onnx/unsupported, weights/*, file/*, disk/full
 */
export async function importOnnx(files: readonly string[], out: string, options: ImportOptions): Promise<void> {
  const { signal, onProgress } = options;
  const companions = await companionsOf(files[0]);
  await onnxConfig(companions);
  const models = await Promise.all(files.map((file) => openOnnx(file)));
  const total = models.reduce((n, { graph }) => n + graph.constants.size, 0);
  let done = 0;
  for (const [i, { graph }] of models.entries()) {
    try {
      verify(graph);
    } catch (cause) {
      throw new UserError('onnx/corrupt', `${files[i]}: ${(cause as Error).message}`, { cause });
    }
    for (const [name, constant] of graph.constants) {
      signal?.throwIfAborted();
      const large = constant.shape.reduce((n, d) => n * d, 1) > SMALL;
      if (large && isFloat(constant.dtype) && (await readFloats(constant)).some(Number.isNaN))
        throw new UserError('weights/not-finite', `${name} holds NaN`);
      onProgress?.(++done, total);
    }
  }
  await writeFolderAtomically(out, async (folder) => {
    await copyCompanions(companions, folder);
    for (const [i, model] of models.entries()) await writeOnnx(model, join(folder, 'onnx', basename(files[i])));
    await writeJsonAtomically(join(folder, LINEAGE_FILE), {
      version: 1,
      source: files[0],
      format: 'onnx',
      steps: [nextStep('import', { source: files[0] })],
    });
  });
}
