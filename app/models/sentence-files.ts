/** The files by which sentence-transformers knows how an encoder makes one vector of a text stay with what is made of it. */
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJsonAtomically } from '../files/atomic.ts';

const NAMES = ['modules.json', 'sentence_bert_config.json', 'config_sentence_transformers.json'];
const POOLING = '1_Pooling';

/** @param width of the vectors of the model in `to` */
export async function copySentenceFiles(from: string, to: string, width: number): Promise<void> {
  const there = await readdir(from);
  for (const name of NAMES) if (there.includes(name)) await copyFile(join(from, name), join(to, name));
  if (!there.includes(POOLING)) return;
  const pooling = await readFile(join(from, POOLING, 'config.json'), 'utf8').catch(() => undefined);
  if (pooling === undefined) return;
  await mkdir(join(to, POOLING), { recursive: true });
  await writeJsonAtomically(join(to, POOLING, 'config.json'), withWidth(JSON.parse(pooling), width));
}

/** Older and newer releases call it differently. */
const withWidth = (pooling: Record<string, unknown>, width: number) => ({
  ...pooling,
  ...('word_embedding_dimension' in pooling ? { word_embedding_dimension: width } : {}),
  ...('embedding_dimension' in pooling ? { embedding_dimension: width } : {}),
});
