/** Every row of the benchmark, in the order of the table. */
import { adaptive } from './adaptive.mjs';
import { cascades } from './cascades.mjs';
import { decodeLengths } from './decode-lengths.mjs';
import { distilCached, distilHalf, distilTiny } from './distil.mjs';
import { importGguf } from './import-gguf.mjs';
import { prefill } from './prefill.mjs';
import { pruning } from './prune.mjs';
import { quality } from './quality.mjs';
import { qualityGguf } from './quality-gguf.mjs';
import { qualityInt8 } from './quality-int8.mjs';
import { qualityKQuants } from './quality-k-quants.mjs';
import { quantizeTime } from './quantize-time.mjs';
import { serving } from './serving.mjs';
import { trainDora, trainQlora } from './train-adapters.mjs';
import { trainFull } from './train-full.mjs';
import { trainLora } from './train-lora.mjs';
import { transferFull, transferHead } from './transfer.mjs';

export const ROWS = [
  trainLora,
  trainFull,
  trainQlora,
  trainDora,
  transferHead,
  transferFull,
  ...decodeLengths,
  ...prefill,
  ...serving,
  importGguf,
  ...quality,
  ...quantizeTime,
  distilHalf,
  distilCached,
  distilTiny,
  ...qualityGguf,
  ...qualityKQuants,
  ...qualityInt8,
  ...pruning,
  ...adaptive,
  ...cascades,
];
