/**
 * Exits of an adapted decoder go along where its weights are stored in another form: what they learnt still fits, but what was
 * proved was proved of other weights, so nothing is answered early until the promise is proved anew (`lathe adapt --keep-exits`).
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJsonAtomically } from '../files/atomic.ts';
import { EXITS_FILE, NEVER, NOTE_FILE, readAdaptiveNote } from './adaptive-note.ts';

/** @returns whether there were any. @throws UserError model/not-a-model for a note that cannot be read */
export async function keepExits(from: string, to: string): Promise<boolean> {
  const note = await readAdaptiveNote(from);
  if (note?.kind !== 'decoder') return false;
  const { version, kind, gateSlack, thresholds } = note;
  const silent = { layer: thresholds.layer, exit: NEVER, shortlist: NEVER };
  await copyFile(join(from, EXITS_FILE), join(to, EXITS_FILE));
  await writeJsonAtomically(join(to, NOTE_FILE), {
    version,
    kind,
    gateSlack,
    thresholds: silent,
    dial: [],
    worthwhile: false,
  });
  return true;
}

export const keptExitsNote = (out: string): string =>
  `its exits are kept, but answer nothing until their promise is proved of these weights: lathe adapt ${out} --data DATA --keep-exits --out OUT`;
