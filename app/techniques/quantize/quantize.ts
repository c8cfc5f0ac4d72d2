/** Quantizing a decoder: fewer bits for its weights, and a decode graph that computes with them. */
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { assertReplaceable, writeFolderAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import { bytesOfSize } from '../../files/byte-size.ts';
import { Decoder } from '../../generate/decoder.ts';
import type { LinearFormat } from '../../models/graphs/quantized-linear.ts';
import { keepExits, keptExitsNote } from '../../models/keep-exits.ts';
import { LINEAGE_FILE, nextStep, readLineage, withStep } from '../../models/lineage.ts';
import type { Model } from '../../models/model.ts';
import { openStored } from '../../models/stored.ts';
import { copyCompanions, writeModelFolder } from '../../models/write-folder.ts';
import { DATA_FILE, writeDecodingModel } from '../../models/write-onnx.ts';
import { DataFile } from '../../onnx/data-file.ts';
import type { Distilled } from './distil.ts';
import { type Recovered, regained, setApart } from './held-out.ts';
import { layerBitsOf, layerOf } from './layer-bits.ts';
import { chooseMixed, type MixedPart } from './mixed.ts';
import { modelParts } from './model-parts.ts';
import { bytesOf } from './parts.ts';
import { RecoveredRounder } from './recovered-rounder.ts';
import { rotateModel } from './rotation/rotate-model.ts';
import { CalibratedRounder, type Formats, gridOfFormat, PlainRounder, type Rounder } from './rounder.ts';
import type { RoundingMethod } from './rounding.ts';
import { CALIBRATED, methodOf, type QuantizeOptions } from './schema.ts';
import { type ModelParts, writeTensors } from './write-tensors.ts';

export interface QuantizeContext {
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Token ids of the text that gptq and awq look at. */
  readonly calibration?: readonly Int32Array[];
  readonly onProgress?: (done: number, total: number) => void;
  /** Steps of recovery done, and the divergence of the last. */
  readonly onRecovered?: (done: number, loss: number) => void;
  /** Parts of the model whose sensitivity is known, where a size was asked for. */
  readonly onMeasured?: (done: number, total: number) => void;
}

export type QuantizedPart = Omit<MixedPart, 'sensitivity' | 'loss'> & Partial<MixedPart>;

export interface QuantizeResult {
  readonly model: string;
  /** How ONNX Runtime computes with the codes, and what was measured to choose it: tokens per second. */
  readonly accuracyLevel?: number;
  readonly accuracyLevels?: Readonly<Record<string, number>>;
  /** Divergence from the source while codes or scales were trained, a number a step. */
  readonly recovery?: readonly number[];
  /** What that brought on text that was set apart; absent where there was too little text. */
  readonly recovered?: Recovered;
  /** What a reader of the result should know. */
  readonly notes?: readonly string[];
  /** Where bits differ: what each part became; where a size was asked for, how sensitive it was too. */
  readonly parts?: readonly QuantizedPart[];
}

/**
 * Writes `out`: for float16 a Hugging Face folder, else onnx/model.onnx with its data file and `lathe-weights.json`.
 * @throws UserError arguments/incompatible, disk/full, file/*
 */
export async function quantize(
  model: Model,
  out: string,
  options: QuantizeOptions,
  context: QuantizeContext = {},
): Promise<QuantizeResult> {
  if (options.method === 'static') {
    throw new UserError('arguments/incompatible', 'a model that continues texts takes dynamic int8, or fewer bits');
  }
  await assertReplaceable(out);
  if (!options.rotate) return quantizeSource(model, model.folder, out, options, context);
  const folder = await mkdtemp(join(tmpdir(), 'lathe-rotated-'));
  try {
    const rotated = await rotateModel(model, join(folder, 'model'));
    const result = await quantizeSource(rotated, model.folder, out, withHeadBits(options, model), context);
    return { ...result, notes: [...(result.notes ?? []), ...rotationNotes(options)] };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Where rotating pays, as measured on SmolLM2-135M (see `rotateModel`). */
function rotationNotes({ method, smooth }: QuantizeOptions): readonly string[] {
  if (method !== 'dynamic') return ['rotation is for int8 activations: compare with the model rounded without it'];
  return smooth === undefined ? ['rotation pays together with --smooth 0.5'] : [];
}

/** A head that was the embedding keeps the bits that it would have had. */
const withHeadBits = (options: QuantizeOptions, { architecture, config }: Model): QuantizeOptions =>
  architecture.head(config).name === 'lm_head' ? options : { headBits: options.embeddingBits, ...options };

/** @param origin folder that the lineage goes on from */
async function quantizeSource(
  model: Model,
  origin: string,
  out: string,
  options: QuantizeOptions,
  context: QuantizeContext,
): Promise<QuantizeResult> {
  const step = nextStep('quantize', options);
  if (options.layerBits !== undefined && ['float16', 'dynamic'].includes(options.method)) {
    throw new UserError('arguments/incompatible', `${options.method} has one width in every layer`);
  }
  if (options.smooth !== undefined && options.method !== 'dynamic') {
    throw new UserError('arguments/incompatible', `smoothing is for int8 activations, not for ${options.method}`);
  }
  if (options.method === 'float16') {
    let kept = false;
    const also = async (folder: string) => {
      kept = await keepExits(model.folder, folder);
    };
    await writeModelFolder(out, model, { dtype: 'float16', step, also });
    return { model: resolve(out), ...notesOf(kept, out) };
  }
  const parts = modelParts(model);
  const mixed = await chooseBySize(model, parts, options, context);
  const chosen = mixed?.formats ?? chooseFormats(model, parts, options);
  const lineage = withStep(await readLineage(origin), step);
  const levels: Record<string, number> = {};
  let distilled: Distilled | undefined;
  let accuracyLevel = options.accuracyLevel ?? 4;
  let kept = false;
  await writeFolderAtomically(out, async (folder) => {
    await copyCompanions(model.folder, folder);
    kept = await keepExits(model.folder, folder);
    const rounder = await openRounder(model, parts, chosen, options, context);
    if (rounder instanceof RecoveredRounder) distilled = rounder.distilled;
    const tensors = await writeData(folder, model, parts, chosen, rounder, context).finally(() => rounder.dispose());
    const record = (level: number) =>
      writeJsonAtomically(join(folder, 'lathe-weights.json'), {
        version: 1,
        dataFile: `onnx/${DATA_FILE}`,
        parameters: model.parameters,
        formats: Object.fromEntries(withLevel(chosen, level)),
        tensors,
      });
    if (options.accuracyLevel === undefined && options.method !== 'dynamic') {
      for (const level of [1, 4]) {
        await record(level);
        levels[level] = await decodeSpeed(folder, context);
      }
      accuracyLevel = levels[4] >= levels[1] ? 4 : 1;
    }
    await record(accuracyLevel);
    await writeDecodingModel(folder, await openStored(folder));
    await writeJsonAtomically(join(folder, LINEAGE_FILE), lineage);
  });
  return options.method !== 'dynamic'
    ? {
        model: resolve(out),
        accuracyLevel,
        ...(distilled ? { recovery: distilled.losses } : {}),
        ...(distilled?.heldOut ? { recovered: regained(distilled.heldOut) } : {}),
        ...(mixed ? { parts: mixed.parts } : {}),
        ...(options.layerBits !== undefined ? { parts: partsIn(parts, chosen) } : {}),
        ...(Object.keys(levels).length > 0 ? { accuracyLevels: levels } : {}),
        ...notesOf(kept, out),
      }
    : { model: resolve(out), ...notesOf(kept, out) };
}

const notesOf = (kept: boolean, out: string): Pick<QuantizeResult, 'notes'> =>
  kept ? { notes: [keptExitsNote(out)] } : {};

/** @throws UserError arguments/incompatible where the size cannot be met, or text to measure with is missing */
async function chooseBySize(
  model: Model,
  parts: ModelParts,
  options: QuantizeOptions,
  { calibration = [], threads, signal, onMeasured }: QuantizeContext,
) {
  if (options.targetSize === undefined) return undefined;
  if (options.layerBits !== undefined) {
    throw new UserError(
      'arguments/incompatible',
      'a target size chooses the bits of all layers: leave out one of them',
    );
  }
  if (options.method === 'dynamic') {
    throw new UserError('arguments/incompatible', 'int8 with dynamic activations has one size only');
  }
  if (calibration.length === 0) throw new UserError('arguments/incompatible', 'a target size needs calibration text');
  const budget = bytesOfSize(options.targetSize);
  return chooseMixed(model, parts, budget, calibration, {
    threads,
    signal,
    packed: options.packed,
    onPart: onMeasured,
  });
}

/** Blocks in which a row with one scale is computed: the fastest here. */
const ROW_BLOCK = 32;

/** Smallest group that ONNX Runtime computes with. */
const LEAST_BLOCK = 16;

/** The largest size up to the wanted one of which a row has a whole number: a table is looked up group by group. */
function wholeBlock(width: number, wanted: number): number | undefined {
  let block = wanted;
  while (block >= LEAST_BLOCK && width % block !== 0) block /= 2;
  return block >= LEAST_BLOCK ? block : undefined;
}

function chooseFormats(model: Model, parts: ModelParts, options: QuantizeOptions): Formats {
  const { method, bits, groupSize, symmetric, embeddingBits, scales } = options;
  const formats = new Map<string, LinearFormat>();
  const blocks = (width: number, blockSize: number = groupSize || ROW_BLOCK): LinearFormat => ({
    kind: 'blocks',
    bits: width,
    blockSize,
    ...(groupSize === 0 ? { perRow: true } : {}),
    zeroPoints: !symmetric,
    ...(scales === 'float16' ? { scales } : {}),
    accuracyLevel: 4,
  });
  const layerBits = layerBitsOf(options.layerBits, model.config.layers);
  for (const name of parts.linears.keys()) {
    const own = layerBits.get(layerOf(name) ?? -1);
    formats.set(name, method === 'dynamic' ? { kind: 'dynamic-int8' } : blocks(own ?? bits));
  }
  const tableBlock = wholeBlock(parts.head.width, groupSize || ROW_BLOCK);
  if (embeddingBits !== 16 && tableBlock !== undefined) formats.set(parts.embedding, blocks(embeddingBits, tableBlock));
  if (parts.head.name !== parts.embedding) {
    const headBits = options.headBits ?? (method === 'dynamic' ? 8 : bits);
    if (headBits !== 16) formats.set(parts.head.name, blocks(headBits));
  } else if (options.headBits !== undefined && options.headBits !== embeddingBits) {
    throw new UserError('arguments/incompatible', 'the head is the embedding of this model: use --embedding-bits');
  }
  if (model.weightSpecs.length === 0) throw new Error('a model has weights');
  return formats;
}

/** What each module became where people chose the bits. */
function partsIn({ linears, head, embedding }: ModelParts, formats: Formats): QuantizedPart[] {
  const table = { inputs: head.width, outputs: head.vocabulary };
  return [...formats].flatMap(([name, format]) => {
    if (format.kind !== 'blocks') return [];
    const spec = linears.get(name) ?? (name === embedding || name === head.name ? table : undefined);
    if (!spec) return [];
    const grid = gridOfFormat(format, spec.inputs);
    const { bits, groupSize, symmetric } = grid;
    return [{ modules: [name], bits, groupSize, symmetric, bytes: bytesOf(spec, grid) }];
  });
}

const withLevel = (formats: Formats, accuracyLevel: number): [string, LinearFormat][] =>
  [...formats].map(([name, format]) => [name, format.kind === 'blocks' ? { ...format, accuracyLevel } : format]);

/** @throws UserError arguments/incompatible for what needs text without any */
async function openRounder(
  model: Model,
  parts: ModelParts,
  formats: Formats,
  options: QuantizeOptions,
  { calibration = [], threads, signal, onRecovered }: QuantizeContext,
): Promise<Rounder> {
  const method = (options.method === 'dynamic' ? 'rtn' : methodOf(options)) as RoundingMethod;
  const { damp, activationOrder, smooth } = options;
  const rounding = { method, damp, activationOrder, smooth };
  const calibrated = CALIBRATED.includes(method) || options.smooth !== undefined;
  if (calibration.length === 0 && (calibrated || options.recoverSteps > 0)) {
    throw new UserError('arguments/incompatible', `${whatNeedsText(options, method)} needs calibration text`);
  }
  const [learnt, held] = options.recoverSteps > 0 ? setApart(calibration) : [calibration, []];
  const rounder = calibrated
    ? await CalibratedRounder.open(model, spread(learnt, options.calibrationTokens), parts.linears, formats, {
        ...rounding,
        threads,
        signal,
      })
    : new PlainRounder(model, formats, rounding);
  if (options.recoverSteps === 0) return rounder;
  if (options.method === 'dynamic') {
    throw new UserError('arguments/incompatible', 'recovery trains the scales of groups, which dynamic int8 has not');
  }
  const { recoverSteps: steps, recoverRate: learningRate } = options;
  const training = { steps, learningRate, codes: options.recover === 'codes', threads, signal, onStep: onRecovered };
  return RecoveredRounder.open(rounder, model, parts, formats, learnt, held, training);
}

const whatNeedsText = ({ smooth }: QuantizeOptions, method: RoundingMethod): string =>
  smooth !== undefined ? 'smoothing' : CALIBRATED.includes(method) ? method : 'recovery';

/** As many windows as hold so many tokens, from everywhere in the text. */
function spread(windows: readonly Int32Array[], tokens: number): readonly Int32Array[] {
  const count = Math.min(windows.length, Math.max(1, Math.floor(tokens / windows[0].length)));
  return Array.from({ length: count }, (_, i) => windows[Math.floor((i * windows.length) / count)]);
}

async function writeData(
  folder: string,
  model: Model,
  parts: ModelParts,
  formats: Formats,
  rounder: Rounder,
  context: QuantizeContext,
) {
  await mkdir(join(folder, 'onnx'));
  const handle = await open(join(folder, 'onnx', DATA_FILE), 'wx');
  try {
    const file = new DataFile(handle);
    await writeTensors(file, model, parts, formats, rounder, (done, total) => {
      context.signal?.throwIfAborted();
      context.onProgress?.(done, total);
    });
    await handle.sync();
    return file.tensors;
  } finally {
    await handle.close();
  }
}

/** Tokens per second of decoding after a short prompt: enough to tell which way of computing is faster here. */
async function decodeSpeed(folder: string, { threads, signal }: QuantizeContext): Promise<number> {
  const decoder = await Decoder.open(await openStored(folder), { threads, maxLength: 128 });
  try {
    await decoder.extend([1, 2, 3, 4], undefined, signal);
    const times: number[] = [];
    for (let i = 0; i < 24; i++) {
      const begin = performance.now();
      await decoder.extend([5 + i], undefined, signal);
      times.push(performance.now() - begin);
    }
    times.sort((a, b) => a - b);
    return 1000 / times[times.length >> 1];
  } finally {
    decoder.dispose();
  }
}
