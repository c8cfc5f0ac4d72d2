/**
 * Any row of a data set of any size: while the files are read once, where every 128th row begins is written down, and a
 * page of rows is then read from there.
 */
import { stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { dataFiles, readFileRows } from './readers/index.ts';
import type { Place, SourceRow } from './types.ts';

/** Rows between two places: few enough to read over, many enough that ten million rows need 2 MB. */
const STRIDE = 128;

interface Mark extends Place {
  /** Which file. */
  readonly file: number;
  /** Rows to read over after the place. */
  readonly skip: number;
}

export class RowIndex {
  readonly #path: string;
  readonly #files: readonly string[];
  readonly #marks: Mark[] = [];
  /** Sizes and times of the files when they were read. */
  readonly state: string;
  rows = 0;
  complete = false;

  private constructor(path: string, files: readonly string[], state: string) {
    this.#path = path;
    this.#files = files;
    this.state = state;
  }

  /** @throws UserError dataset/unreadable, dataset/empty, file/not-found */
  static async open(path: string): Promise<RowIndex> {
    const files = await dataFiles(path);
    return new RowIndex(path, files, await stateOf(files));
  }

  /** Reads everything once. Pages of what is known already can be read meanwhile. */
  async build(onProgress?: (rows: number) => void): Promise<void> {
    for (const [file, name] of this.#files.entries()) {
      let inFile = 0;
      for await (const batch of readFileRows(name)) {
        for (const { row, offset } of batch) {
          if (this.rows % STRIDE === 0) {
            const mark =
              offset === undefined ? { file, offset: 0, row: 1, skip: inFile } : { file, offset, row, skip: 0 };
            this.#marks.push(mark);
          }
          this.rows += 1;
          inFile += 1;
        }
        onProgress?.(this.rows);
      }
    }
    this.complete = true;
  }

  /** At most `limit` rows from row `offset` on (from 0), of those that are known. */
  async read(offset: number, limit: number): Promise<SourceRow[]> {
    const wanted = Math.min(limit, this.rows - offset);
    const mark = this.#marks[Math.floor(offset / STRIDE)];
    if (wanted <= 0 || !mark) return [];
    const found: SourceRow[] = [];
    let skip = mark.skip + (offset % STRIDE);
    for (let file = mark.file; file < this.#files.length && found.length < wanted; file++) {
      const atStart = file !== mark.file || mark.offset === 0;
      const name = this.#files.length > 1 ? { file: relative(this.#path, this.#files[file]) } : {};
      for await (const batch of readFileRows(this.#files[file], atStart ? undefined : mark)) {
        for (const row of batch) {
          if (skip > 0) skip -= 1;
          else if (found.length < wanted) found.push({ ...row, ...name });
        }
        if (found.length === wanted) break;
      }
    }
    return found;
  }
}

/** Changes when any of the files does. */
export async function datasetState(path: string): Promise<string> {
  return stateOf(await dataFiles(path));
}

async function stateOf(files: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const file of files) {
    const { size, mtimeMs } = await stat(file);
    parts.push(`${file}:${size}:${mtimeMs}`);
  }
  return parts.join('\n');
}
