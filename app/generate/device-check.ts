/** Before a device answers for the first time: the same text on it and on the processor, long pieces, short ones and steps. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../contract/errors.ts';
import { writeJsonAtomically } from '../files/atomic.ts';
import { machineName } from '../models/run-profile.ts';
import type { StoredModel } from '../models/stored.ts';
import { asDeviceError } from '../runtime/device-reason.ts';
import { runtimeInfo } from '../runtime/open.ts';
import { isExternal } from '../tensor/graph.ts';
import { sampleIds } from './cache-sample.ts';
import { Decoder } from './decoder.ts';
import type { DecoderOptions } from './decoding-session.ts';
import { roundsSteps } from './exactness.ts';
import { compareRows } from './log-probabilities.ts';
import { spreadIds } from './spread-ids.ts';

export interface Agreement {
  /** Mean over the positions of the Kullback-Leibler divergence of the device's predictions from the processor's, nats. */
  readonly divergence: number;
  /** Share of positions at which the likeliest token is the same. */
  readonly topAgreement: number;
  /** Largest distance between two logits. */
  readonly largest: number;
  readonly positions: number;
}

/** Devices compute a long piece in other ways than a short one, and one that follows others in other ways than the first. */
const PIECES = [48, 12, 1, 1, 1, 1, 1, 1];
const COMPARED = PIECES.reduce((a, b) => a + b);

/**
 * The largest divergence at which answers count as the same, nats a token. An NVIDIA H200 was at 2e-13 to 2e-12, and at 3e-5 where
 * the processor rounds activations to int8 and the device in its own way; attention that a software device computes wrongly at 7e-3.
 */
export const toleranceOf = (model: Pick<StoredModel, 'formats'>): number => (roundsSteps(model) ? 1e-3 : 1e-6);

/**
 * @param ids of a text; the first `COMPARED` are compared
 * @returns how far the second's predictions are from the first's
 */
export async function compareDecoders(reference: Decoder, other: Decoder, ids: readonly number[]): Promise<Agreement> {
  const { vocabulary } = reference.model.config;
  let [divergence, same, largest, positions] = [0, 0, 0, 0];
  let begin = 0;
  for (const size of PIECES) {
    const piece = ids.slice(begin, begin + size);
    if (piece.length === 0) break;
    begin += piece.length;
    const rows = [...piece.keys()];
    const expected = (await reference.extend(piece, rows)).data as Float32Array;
    const actual = (await other.extend(piece, rows)).data as Float32Array;
    for (const row of rows) {
      const apart = compareRows(expected, actual, row * vocabulary, vocabulary);
      divergence += apart.divergence;
      same += Number(apart.same);
      positions += 1;
    }
    for (const [i, value] of expected.entries()) {
      const apart = Math.abs(value - actual[i]);
      // Not a number is the largest of all.
      if (!(apart <= largest)) largest = apart;
    }
  }
  return { divergence: divergence / positions, topAgreement: same / positions, largest, positions };
}

/** A model without a tokenizer reads ids from all over its vocabulary. */
const textFor = ({ folder, config: { vocabulary } }: StoredModel): Promise<number[]> =>
  sampleIds(folder).catch((error: unknown) => {
    if (!(error instanceof UserError) || error.code !== 'tokenizer/missing') throw error;
    return spreadIds(COMPARED, vocabulary);
  });

/**
 * The device's answers beside the processor's.
 * @param options of both; @param text token ids; default the sample that comes with Lathe
 * @throws UserError device/unavailable, runtime/failed
 */
export async function measureAgreement(
  model: StoredModel,
  options: DecoderOptions,
  text?: readonly number[],
): Promise<Agreement> {
  const ids = (text ?? (await textFor(model))).slice(0, Math.min(COMPARED, model.config.maxLength));
  const { device = 'cpu' } = options;
  const both = { ...options, maxLength: ids.length, profile: false, unchecked: true };
  const opened: Decoder[] = [];
  try {
    for (const on of [device, 'cpu'] as const) opened.push(await Decoder.open(model, { ...both, device: on }));
    return await compareDecoders(opened[1], opened[0], ids);
  } catch (error) {
    throw asDeviceError(error, device, 'this model');
  } finally {
    for (const decoder of opened) decoder.dispose();
  }
}

const NOTE = 'lathe-device.json';

const note = z.object({
  version: z.literal(1),
  machine: z.string(),
  runtime: z.string(),
  /** Bytes and time of the weights that were compared. */
  weights: z.string(),
  devices: z.array(z.string()),
});

/** Undefined where there is none, or a damaged one: then it is compared again. */
async function readNote(file: string): Promise<z.infer<typeof note> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => 'null');
  try {
    return note.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Weights that were written anew have not been compared. */
async function stampOf({ weights }: StoredModel): Promise<string> {
  const files = new Set([...weights.values()].filter(isExternal).map(({ file }) => file));
  const stamps = await Promise.all([...files].sort().map((file) => stat(file)));
  return stamps.map(({ size, mtimeMs }) => `${size}@${Math.round(mtimeMs)}`).join(' ');
}

/**
 * Compares where this model has not been run on this device of this machine before, and notes it beside the model.
 * @throws UserError device/differs, device/unavailable, runtime/failed
 */
export async function assertAgrees(model: StoredModel, options: DecoderOptions): Promise<void> {
  const { device = 'cpu' } = options;
  const file = join(model.folder, NOTE);
  const key = { machine: machineName(), runtime: (await runtimeInfo()).version, weights: await stampOf(model) };
  const known = await readNote(file);
  const counts = known && Object.entries(key).every(([name, value]) => known[name as keyof typeof key] === value);
  const agreed = counts ? known.devices : [];
  if (agreed.includes(device)) return;
  const found = await measureAgreement(model, options);
  const most = toleranceOf(model);
  if (!(found.divergence <= most)) {
    const apart = `${found.divergence.toPrecision(2)} nats a token from the processor's, more than ${most}`;
    const same = `${(100 * found.topAgreement).toFixed(0)}% of the likeliest tokens are the same`;
    throw new UserError('device/differs', `the answers of ${device} are ${apart}; ${same}`);
  }
  // Where nothing may be written the next run compares again.
  await writeJsonAtomically(file, { version: 1, ...key, devices: [...agreed, device] }).catch(() => undefined);
}
