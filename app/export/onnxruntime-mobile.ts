/**
 * For ONNX Runtime in apps: one model.onnx with the weights inside, the same as .ort, which operators a reduced build of the
 * runtime must have, and a report of what a phone will find.
 */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically, writeJsonAtomically } from '../files/atomic.ts';
import type { StoredModel } from '../models/stored.ts';
import { copyCompanions } from '../models/write-folder.ts';
import { writeDecodingFile } from '../models/write-onnx.ts';
import type { OnnxModel } from '../onnx/decode.ts';
import { openOnnx } from '../onnx/open.ts';
import { dataFileName, writeOnnx } from '../onnx/write.ts';
import { javaScriptVersion } from '../runtime/javascript/session.ts';
import { writeOptimized } from '../runtime/javascript/write-ort.ts';
import { appSamples } from './app-samples.ts';
import { type Check, compareTexts } from './check.ts';
import { compareFile } from './compare-file.ts';
import { mobileReport, requiredOperators } from './mobile-report.ts';
import type { ExportOptions, ExportTarget } from './target.ts';
import { writeTokenizerTexts } from './transformers-js-texts.ts';
import { writeWeightsFile } from './weights-file.ts';
import { compareFiles, isWhole, writeWholeOnnx } from './whole.ts';

/** Protobuf and flatbuffers end at 2 GiB. */
const LARGEST = 2_000_000_000;
/** Both formats of one graph. */
const SAME = 1e-4;

export const onnxruntimeMobile: ExportTarget = {
  name: 'onnxruntime-mobile',
  summary: 'ONNX Runtime in Android and iOS apps: one .onnx or .ort file, and the operators that it needs',
  async write(model, folder, options) {
    await mkdir(folder, { recursive: true });
    await copyCompanions(model.folder, folder);
    await writeTokenizerTexts(model, folder);
    const file = join(folder, 'model.onnx');
    const checks = await writeSingle(model, folder, file, options);
    const graphs = [await openOnnx(file)];
    const sizes: Record<string, number> = { 'model.onnx': (await stat(file)).size };
    const dataBytes = await stat(join(folder, dataFileName(file))).then(
      ({ size }) => size,
      () => 0,
    );
    if (dataBytes === 0) {
      const ort = join(folder, 'model.ort');
      await writeOptimized(file, ort);
      sizes['model.ort'] = (await stat(ort)).size;
      graphs.push(await optimizedGraph(file, folder));
      checks.push(...(await compareOrt(model, file, ort, options)));
    } else sizes[dataFileName(file)] = dataBytes;
    for (const [name, text] of Object.entries(appSamples(graphs[0].graph)))
      await writeFileAtomically(join(folder, 'samples', name), text);
    await writeFileAtomically(join(folder, 'required_operators.config'), requiredOperators(graphs));
    await writeJsonAtomically(join(folder, 'mobile-report.json'), mobileReport(graphs, sizes, javaScriptVersion()));
    return [...checks, ...(await compareTexts(model.folder, folder))];
  },
};

/** The model in one file, unless it is too large for one. */
async function writeSingle(model: StoredModel, folder: string, file: string, options: ExportOptions): Promise<Check[]> {
  const work = join(folder, '.parts');
  try {
    await mkdir(join(work, 'onnx'), { recursive: true });
    const path = join(work, 'onnx', 'model.onnx');
    if (isWhole(model)) {
      const checks = await writeWholeOnnx(model, work, options);
      await writeOnnx(await openOnnx(path), file, { inlineBytes: LARGEST });
      return [...checks, ...named('model.onnx', await compareFiles(model, [path, file], SAME, options))];
    }
    const stored = await writeWeightsFile(model, `${path}_data`);
    await writeDecodingFile(path, stored, true);
    await writeOnnx(await openOnnx(path), file, { inlineBytes: LARGEST });
    return named('model.onnx', await compareFile(file, stored, options));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function compareOrt(model: StoredModel, onnx: string, ort: string, options: ExportOptions): Promise<Check[]> {
  const checks = isWhole(model)
    ? await compareFiles(model, [onnx, ort], SAME, options)
    : await compareFile(ort, model, options);
  return named('model.ort', checks);
}

const named = (file: string, checks: readonly Check[]): Check[] =>
  checks.map((check) => ({ ...check, name: `${file}: ${check.name}` }));

/** What the .ort file holds: the same rewriting written as .onnx, which can be read. */
async function optimizedGraph(file: string, folder: string): Promise<OnnxModel> {
  const path = join(folder, '.optimized.onnx');
  try {
    await writeOptimized(file, path);
    return await openOnnx(path);
  } finally {
    await rm(path, { force: true });
  }
}
