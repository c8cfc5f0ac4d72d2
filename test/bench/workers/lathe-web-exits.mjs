/**
 * The exported file of an adaptive classifier in onnxruntime-web, in Chromium on one thread: answers beside those given here,
 * and times. usage: node lathe-web-exits.mjs FOLDER DATA ONNX
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { inChromiumPage } from '../../../scripts/chromium-page.mjs';
import { webFolder } from '../../../scripts/npm-package.mjs';
import { heldOutTexts } from './held-out-texts.mjs';

const app = resolve(import.meta.dirname, '../../../dist');
const [{ openAdaptive }, { adaptiveGraph, fixedExit }, { encodeModel }, { openSession }, { textFeeds }] =
  await Promise.all([
    import(join(app, 'techniques/adaptive/open-adaptive.js')),
    import(join(app, 'techniques/adaptive/exit-graphs.js')),
    import(join(app, 'onnx/encode.js')),
    import(join(app, 'runtime/open.js')),
    import(join(app, 'evaluate/text-feeds.js')),
  ]);
const TEXTS = 40;
const ROUNDS = 3;
/** Two runtimes add in another order. */
const TOLERANCE = 1e-3;

const [folder, data, onnx] = process.argv.slice(2);
const texts = await heldOutTexts(folder, data, TEXTS);
const { flat, rule, thresholds, exits } = await openAdaptive(resolve(folder));
const { layers } = flat;
const work = mkdtempSync(join(tmpdir(), 'lathe-web-exits-'));
try {
  const never = thresholds.map(() => 1);
  writeFileSync(join(work, 'never.onnx'), encodeModel(adaptiveGraph(flat, rule, never, exits)));
  writeFileSync(join(work, 'whole.onnx'), encodeModel(fixedExit(flat, layers)));
  const found = await inChromiumPage({
    folders: { ort: await webFolder(), models: dirname(resolve(onnx)), work, workers: import.meta.dirname },
    imports: {},
    script: `
      const ort = await import('/ort/ort.wasm.bundle.min.mjs');
      const { timeExits } = await import('/workers/web-exits.mjs');
      ort.env.wasm.numThreads = 1;
      return timeExits(ort, request);`,
    request: {
      files: { adaptive: `/models/${basename(onnx)}`, never: '/work/never.onnx', whole: '/work/whole.onnx' },
      rounds: ROUNDS,
      texts: texts.map((ids) => [...ids]),
    },
  });
  const session = await openSession(readFileSync(onnx), { threads: 1 });
  let same = 0;
  for (const [i, { logits, layer }] of found.entries()) {
    const { logits: expected, exit_layer: expectedLayer } = await session.run(textFeeds(session, [texts[i]]));
    const near = logits.every((z, k) => Math.abs(z - expected.data[k]) < TOLERANCE);
    if (near && layer === Number(expectedLayer.data[0])) same += 1;
  }
  session.dispose();
  const easy = found.filter(({ layer }) => layer < layers);
  const sum = (rows, way) => rows.reduce((total, { milliseconds }) => total + milliseconds[way], 0);
  const ratio = (rows, slow, fast) => sum(rows, slow) / sum(rows, fast);
  console.log(
    JSON.stringify({
      texts: found.length,
      same: same / found.length,
      early: easy.length / found.length,
      easy: ratio(easy, 'whole', 'adaptive'),
      easyNever: ratio(easy, 'never', 'adaptive'),
      all: ratio(found, 'whole', 'adaptive'),
      overhead: 100 * (ratio(found, 'never', 'whole') - 1),
      wholeMs: sum(found, 'whole') / found.length,
      layersOfEasy: easy.reduce((total, { layer }) => total + layer, 0) / easy.length,
    }),
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
