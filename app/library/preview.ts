/** Pages of rows as a table shows them: long texts cut, broken rows with their problem. */
import type { z } from 'zod';
import type { previewRow } from '../contract/datasets.ts';
import { datasetState, RowIndex } from '../datasets/row-index.ts';
import type { SourceRow } from '../datasets/types.ts';

export type PreviewRow = z.infer<typeof previewRow>;

export interface Preview {
  readonly rows: PreviewRow[];
  readonly total: number;
  readonly indexing: boolean;
}

const LONGEST_TEXT = 300;
const MOST_ELEMENTS = 8;

export class Previews {
  readonly #indices = new Map<string, { readonly index: RowIndex; readonly built: Promise<void> }>();

  /** Waits for the first rows, not for the last. @throws UserError dataset/*, file/* */
  async page(path: string, offset: number, limit: number): Promise<Preview> {
    const index = await this.#index(path, offset + limit);
    const rows = await index.read(offset, limit);
    return { rows: rows.map((row, i) => cutRow(row, offset + i)), total: index.rows, indexing: !index.complete };
  }

  /** One row whole. */
  async row(path: string, at: number): Promise<PreviewRow | undefined> {
    const index = await this.#index(path, at + 1);
    const [row] = await index.read(at, 1);
    if (!row) return undefined;
    const { offset: _, ...rest } = row;
    return { ...rest, index: at, value: row.value && { ...row.value }, cut: false };
  }

  /** Every row counted. */
  async count(path: string): Promise<number> {
    const index = await this.#index(path, 0);
    await this.#indices.get(path)?.built;
    return index.rows;
  }

  async #index(path: string, wanted: number): Promise<RowIndex> {
    const known = this.#indices.get(path);
    if (known && known.index.state === (await datasetState(path))) {
      await enough(known.index, known.built, wanted);
      return known.index;
    }
    const index = await RowIndex.open(path);
    const built = index.build();
    built.catch(() => this.#indices.delete(path));
    this.#indices.set(path, { index, built });
    await enough(index, built, wanted);
    return index;
  }
}

/** Until the wanted rows are known, for a moment; a far page of a file just opened shows what there is. */
async function enough(index: RowIndex, built: Promise<void>, wanted: number): Promise<void> {
  const patience = performance.now() + 400;
  while (!index.complete && (index.rows < wanted || index.rows === 0)) {
    if (performance.now() > patience && index.rows > 0) return;
    const pause = new Promise<void>((resolve) => setTimeout(resolve, 10));
    await Promise.race([built, pause]);
  }
}

function cutRow({ row, file, value, problem }: SourceRow, index: number): PreviewRow {
  let cut = false;
  const shorten = (inner: unknown): unknown => {
    if (typeof inner === 'string' && inner.length > LONGEST_TEXT) {
      cut = true;
      return `${inner.slice(0, LONGEST_TEXT)}…`;
    }
    if (Array.isArray(inner)) {
      cut ||= inner.length > MOST_ELEMENTS;
      return inner.slice(0, MOST_ELEMENTS).map(shorten);
    }
    if (typeof inner === 'object' && inner !== null)
      return Object.fromEntries(Object.entries(inner).map(([name, field]) => [name, shorten(field)]));
    return inner;
  };
  const short = value && (shorten(value) as Record<string, unknown>);
  return { index, row, file, value: short, cut, problem };
}
