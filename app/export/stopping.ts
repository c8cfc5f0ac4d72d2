/** An adaptive decoder as a file that stops by itself, beside the plain one, over the same data file. */
import { copyFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writeFileAtomically } from '../files/atomic.ts';
import { AdaptiveDecoder, type Exits, type StepThresholds } from '../generate/adaptive-decoder.ts';
import { openExits } from '../generate/adaptive-text.ts';
import { NO_GATE, StoppingFile } from '../generate/stopping-file.ts';
import { EXITS_FILE, NEVER, NOTE_FILE, readAdaptiveNote } from '../models/adaptive-note.ts';
import { buildStoppingDecoder } from '../models/graphs/stopping-decoder.ts';
import type { StoredModel } from '../models/stored.ts';
import { readConstant } from '../models/weights/constants.ts';
import { LONGEST } from '../models/write-onnx.ts';
import { branchBytes, withBranchesInside } from '../onnx/branch-constants.ts';
import { encodeModel, MESSAGE_BYTES, placeInFiles } from '../onnx/encode.ts';
import { openSession } from '../runtime/open.ts';
import type { Check } from './check.ts';
import type { ExportOptions } from './target.ts';

export const STOPPING_FILE = 'model_adaptive.onnx';

/** Steps compared after each prompt. */
const STEPS = 16;
/** Of answers whose confidence rounding moves over the threshold. */
const MOST_OTHER = 0.03;

/**
 * Writes `onnx/model_adaptive.onnx` where `lathe adapt` found that something may stop early, with its thresholds inside.
 * @param from the adapted model; @param written the same over the files of `folder`
 * @returns no check where there is nothing to write
 */
export async function writeStopping(
  from: StoredModel,
  written: StoredModel,
  folder: string,
  options: ExportOptions,
): Promise<Check[]> {
  const note = await readAdaptiveNote(from.folder);
  if (note?.kind !== 'decoder') return [];
  const { layer, exit, shortlist, gate = NO_GATE } = note.thresholds;
  if (exit >= NEVER && shortlist >= NEVER) return [];
  const exits = await openExits(from, layer);
  const parts = {
    exit: exit < NEVER ? exits : undefined,
    list: exits.list,
    thresholds: [exit, shortlist, gate] as const,
  };
  const maxLength = Math.min(from.config.maxLength, LONGEST);
  const file = join(folder, 'onnx', STOPPING_FILE);
  const graph = buildStoppingDecoder(written, parts, { ...written, maxLength });
  // Branches of larger models keep their weights in the data file, which browsers cannot follow.
  const inside = branchBytes(graph) < MESSAGE_BYTES ? await withBranchesInside(graph, readConstant) : graph;
  await writeFileAtomically(file, encodeModel(inside, { place: placeInFiles(dirname(resolve(file))) }));
  for (const name of [NOTE_FILE, EXITS_FILE]) await copyFile(join(from.folder, name), join(folder, name));
  return [await compareStopping(file, from, exits, note.thresholds, options)];
}

/** Both go on along the source's tokens; what the file answers by its own thresholds must be who and what adaptive decoding answers. */
async function compareStopping(
  file: string,
  from: StoredModel,
  exits: Exits,
  thresholds: StepThresholds,
  { threads, prompts }: ExportOptions,
): Promise<Check> {
  const maxLength = Math.max(...prompts.map(({ length }) => length)) + STEPS + 1;
  const ours = await AdaptiveDecoder.open(from, exits, { threads, maxLength });
  const theirs = new StoppingFile(await openSession(file, { threads }), from.config);
  const kinds = { exit: 0, shortlist: 0, full: 0 };
  let same = 0;
  try {
    for (const prompt of prompts) {
      ours.rewind();
      theirs.rewind();
      const careful = { ...thresholds, exit: NEVER };
      let { token } = await ours.read(prompt, careful);
      same += Number((await theirs.extend(prompt, careful)).token === token);
      for (let step = 1; step < STEPS; step++) {
        const [right] = await ours.extend([token], thresholds);
        const other = await theirs.extend([token]);
        same += Number(other.token === right.token && other.kind === right.kind);
        kinds[right.kind] += 1;
        token = right.token;
      }
    }
  } finally {
    ours.dispose();
    theirs.dispose();
  }
  const all = prompts.length * STEPS;
  return {
    name: 'stops as adaptive decoding does',
    passed: all - same <= MOST_OTHER * all,
    detail: `${same} of ${all} answers; ${kinds.exit} by the exit, ${kinds.shortlist} by the short list`,
  };
}
