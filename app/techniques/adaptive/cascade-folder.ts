/** Folders of cascades: the large model as it is, the small one in a folder of its own, `adaptive.json` says when which is asked. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { writeFolderAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import { NOTE_FILE, readAdaptiveNote, SMALL_FOLDER } from '../../models/adaptive-note.ts';
import { LINEAGE_FILE, nextStep, readLineage, withStep } from '../../models/lineage.ts';
import { copyStored } from './decoder-folder.ts';

interface Folders {
  readonly small: string;
  readonly large: string;
}

/** @throws UserError arguments/incompatible where one of the two has exits, or is a cascade itself */
export async function assertPlain(folders: Folders): Promise<void> {
  for (const folder of Object.values(folders)) {
    if (await readAdaptiveNote(folder))
      throw new UserError('arguments/incompatible', `${folder} is adaptive already: give the model it was made from`);
  }
}

/** @throws UserError disk/full, file/* */
export async function writeCascade(
  { small, large }: Folders,
  out: string,
  note: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  await writeFolderAtomically(out, async (temporary) => {
    await copyStored(large, temporary);
    await mkdir(join(temporary, SMALL_FOLDER));
    await copyStored(small, join(temporary, SMALL_FOLDER));
    await writeJsonAtomically(join(temporary, NOTE_FILE), note);
    await writeJsonAtomically(
      join(temporary, LINEAGE_FILE),
      withStep(await readLineage(large), nextStep('adapt', options)),
    );
  });
}
