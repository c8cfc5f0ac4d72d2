/** Reads rows from a file or a folder of files, in batches and always in the same order. */
import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import type { Place, SourceRow } from '../types.ts';
import { readConll } from './conll.ts';
import { readCsv } from './csv.ts';
import { readJson } from './json.ts';
import { readJsonl } from './jsonl.ts';
import { unreadable } from './lines.ts';
import { readParquet } from './parquet/index.ts';
import { readText } from './text.ts';

type Reader = (file: string, from?: Place) => AsyncGenerator<readonly SourceRow[]>;

const READERS: Readonly<Record<string, Reader>> = {
  '.jsonl': readJsonl,
  '.ndjson': readJsonl,
  '.json': readJson,
  '.csv': (file, from) => readCsv(file, undefined, from),
  '.tsv': (file, from) => readCsv(file, '\t', from),
  '.parquet': readParquet,
  '.conll': readConll,
  '.bio': readConll,
  '.iob': readConll,
  '.iob2': readConll,
  '.txt': readText,
  '.text': readText,
  '.md': readText,
};

/** The data files of `path`: itself, or those of a folder and its subfolders sorted by name. Hidden ones are left out. */
export async function dataFiles(path: string): Promise<readonly string[]> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (!isFolder) {
    if (readerOf(path)) return [path];
    throw new UserError('dataset/unreadable', `${path} has an ending that is not a data file's`);
  }
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (file) =>
        readerOf(file) &&
        !relative(path, file)
          .split(/[\\/]/)
          .some((part) => part.startsWith('.')),
    );
  if (files.length === 0) throw new UserError('dataset/empty', `${path} holds no data files`);
  // By code unit, not by the system's language: the order decides what is learnt first.
  return files.sort((a, b) => (a < b ? -1 : 1));
}

function readerOf(file: string): Reader | undefined {
  const ending = extname(file).toLowerCase();
  return Object.hasOwn(READERS, ending) ? READERS[ending] : undefined;
}

/**
 * Every row of `path`, good or broken.
 * @throws UserError dataset/unreadable, dataset/empty, file/not-found
 */
export async function* readRows(path: string): AsyncGenerator<readonly SourceRow[]> {
  const files = await dataFiles(path);
  for (const file of files) {
    const name = files.length > 1 ? relative(path, file) : undefined;
    for await (const batch of readerOf(file)!(file))
      if (batch.length > 0) yield name === undefined ? batch : batch.map((row) => ({ ...row, file: name }));
  }
}

/** The rows of one data file, from its beginning or from a place that an earlier reading gave. */
export const readFileRows = (file: string, from?: Place): AsyncGenerator<readonly SourceRow[]> =>
  readerOf(file)!(file, from);
