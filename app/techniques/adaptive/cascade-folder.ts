/** Folders of cascades: the large model as it is, the small one in a folder of its own, `adaptive.json` says when which is asked. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFolderAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import { NOTE_FILE, SMALL_FOLDER } from '../../models/adaptive-note.ts';
import { LINEAGE_FILE, nextStep, readLineage, withStep } from '../../models/lineage.ts';
import { copyStored } from './decoder-folder.ts';

/** @throws UserError disk/full, file/* */
export async function writeCascade(
  { small, large }: { readonly small: string; readonly large: string },
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
