/** Any page of any data file is what reading it from the beginning gives there. */
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { RowIndex } from '../../app/datasets/row-index.ts';
import { allRows, folderWith, jsonl } from './folder.ts';

const COUNT = 1000;
const many = (row: (i: number) => string): string => Array.from({ length: COUNT }, (_, i) => row(i)).join('');
const chats = Array.from({ length: COUNT }, (_, i) => ({ text: `row ${i} “é”`, nested: { list: [i, '[{,"'] } }));

const FILES: Readonly<Record<string, string>> = {
  'plain.jsonl': jsonl(chats),
  'crlf.jsonl': jsonl(chats).replaceAll('\n', '\r\n'),
  'gaps.jsonl': many((i) => (i % 7 === 0 ? '\n\n' : i % 11 === 0 ? '{"text": oops\n' : `{"text":"${i}"}\n`)),
  'quoted.csv': `a,b\n${many((i) => (i % 5 === 0 ? `"line\n""${i}""\n, more",x\n` : `${i},y\n`))}`,
  'broken.csv': `a,b\n${many((i) => (i % 300 === 50 ? `"never closed ${i},x\n` : `${i},y\n`))}`,
  'tabs.tsv': `a\tb\n${many((i) => `${i}\t"z\n"\n`)}`,
  'array.json': JSON.stringify(chats, undefined, 2),
  'tight.json': JSON.stringify(chats),
  'wrapped.json': JSON.stringify({ about: 'x', data: chats }, undefined, 1),
  'lines.json': jsonl(chats),
  'book.txt': many((i) => `A paragraph ${i},\nof two lines.\n${'\n'.repeat(1 + (i % 3))}`),
};

async function pagesAgree(path: string): Promise<void> {
  const all = await allRows(path);
  const index = await RowIndex.open(path);
  await index.build();
  expect([index.rows, index.complete]).toEqual([all.length, true]);
  for (const offset of [
    0,
    1,
    127,
    128,
    129,
    255,
    300,
    511,
    700,
    all.length - 3,
    all.length - 1,
    all.length,
    all.length + 5,
  ]) {
    const rows = (await index.read(offset, 5)).map(({ offset: _, ...row }) => row);
    expect(rows).toEqual(all.slice(offset, offset + 5));
  }
}

describe('pages', () => {
  it.each(Object.keys(FILES))('of %s', async (name) => {
    await pagesAgree(join(await folderWith({ [name]: FILES[name] }), name));
  });

  it('of a folder of several files', async () => {
    await pagesAgree(await folderWith(FILES));
  });

  it('of Parquet', async () => {
    const file = join(await folderWith({}), 'data.parquet');
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(`COPY (SELECT i, 'text ' || i AS text FROM range(${COUNT}) t(i)) TO '${file}'`);
    connection.closeSync();
    instance.closeSync();
    await pagesAgree(file);
  });
});

it('gives what is known while it is still being built', async () => {
  const path = join(
    await folderWith({
      'big.jsonl': jsonl(Array.from({ length: 60_000 }, (_, i) => ({ text: `row ${i} ${'x'.repeat(50)}` }))),
    }),
    'big.jsonl',
  );
  const index = await RowIndex.open(path);
  let early: number | undefined;
  const pages: Promise<unknown>[] = [];
  await index.build((rows) => {
    if (early !== undefined) return;
    early = rows;
    pages.push(index.read(rows - 2, 10).then((found) => expect(found.length).toBeGreaterThanOrEqual(2)));
  });
  await Promise.all(pages);
  expect(early!).toBeLessThan(60_000);
  expect(index.rows).toBe(60_000);
});
