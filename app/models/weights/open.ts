/** Finds out what kind of weights a path holds and opens them. */
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { withFileErrors } from '../../files/file-errors.ts';
import { openRandomAccess } from '../../files/random-access.ts';
import { openGguf } from './gguf/reader.ts';
import { openSafetensors, openShards } from './safetensors-reader.ts';
import type { WeightSource } from './source.ts';

/** Formats made of Python pickles: opening one can run whatever code its author put there. */
const PICKLES: ReadonlySet<string> = new Set(['.bin', '.pt', '.pth', '.ckpt', '.pkl', '.pickle']);

export const isPickle = (path: string): boolean => PICKLES.has(extname(path).toLowerCase());

/**
 * Opens a safetensors file, an index of shards, a GGUF file, or a folder that holds one of them.
 * @throws UserError weights/pickle, weights/missing, model/not-a-model, and what the formats' own readers throw
 */
export async function openWeights(path: string): Promise<WeightSource> {
  const stats = await withFileErrors(path, () => stat(path));
  if (stats.isDirectory()) return await openFolder(path);
  if (isPickle(path)) throw pickle(path);
  if (path.endsWith('.index.json')) return await openShards(path);
  switch (await kindOf(path)) {
    case 'gguf':
      return await openGguf(path);
    case 'pickle':
      throw pickle(path);
    case 'safetensors':
      return await openSafetensors(path);
  }
}

const pickle = (path: string): UserError => new UserError('weights/pickle', `${path} is a pickle file`);

async function openFolder(folder: string): Promise<WeightSource> {
  const names = await withFileErrors(folder, () => readdir(folder));
  for (const stem of ['model', 'adapter_model']) {
    if (names.includes(`${stem}.safetensors.index.json`))
      return await openShards(join(folder, `${stem}.safetensors.index.json`));
    if (names.includes(`${stem}.safetensors`)) return await openSafetensors(join(folder, `${stem}.safetensors`));
  }
  for (const [ending, openFile] of [
    ['.safetensors', openSafetensors],
    ['.gguf', openGguf],
  ] as const) {
    const found = names.filter((name) => name.endsWith(ending));
    if (found.length === 1) return await openFile(join(folder, found[0]));
    if (found.length > 1)
      throw new UserError('model/not-a-model', `${folder} holds ${found.length} ${ending} files: name one of them`);
  }
  const pickled = names.find((name) => isPickle(name));
  if (pickled) throw pickle(join(folder, pickled));
  throw new UserError('weights/missing', `${folder} holds no model.safetensors`);
}

/** By content where the content says it, whatever the file is called. */
async function kindOf(path: string): Promise<'gguf' | 'pickle' | 'safetensors'> {
  const file = await openRandomAccess(path);
  try {
    const head = new Uint8Array(Math.min(4, file.size));
    await file.read(0, head);
    const magic = Buffer.from(head).toString('latin1');
    if (magic === 'GGUF' || path.toLowerCase().endsWith('.gguf')) return 'gguf';
    if (path.toLowerCase().endsWith('.safetensors')) return 'safetensors';
    // A zip archive (torch.save) or a bare pickle of protocol 2 and later.
    if (magic.startsWith('PK\x03\x04') || (head[0] === 0x80 && head[1] >= 2 && head[1] <= 5)) return 'pickle';
    throw new UserError('model/not-a-model', `${path} is neither safetensors nor GGUF`);
  } finally {
    await file.close();
  }
}
