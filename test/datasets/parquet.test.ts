/** Parquet of every kind that DuckDB writes reads as DuckDB itself reads it, from the beginning and from any row. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../app/contract/errors.ts';
import { readFileRows } from '../../app/datasets/readers/index.ts';
import type { Place, SourceRow } from '../../app/datasets/types.ts';
import { folderWith } from './folder.ts';

const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const database = await instance.connect();
await database.run(`SET TimeZone = 'UTC'`);
afterAll(() => {
  database.closeSync();
  instance.closeSync();
});

const TABLES: Readonly<Record<string, string>> = {
  'whole numbers': `SELECT i::TINYINT a, (i * 3)::SMALLINT b, i::INTEGER c, (i * 97000000679)::BIGINT d, (i % 256)::UTINYINT e,
    i::USMALLINT f, (4294967295 - i)::UINTEGER g, (18446744073709551615::HUGEINT - i)::UBIGINT h, -i k FROM range(100) t(i)`,
  'real numbers': `SELECT i / 3 a, (i / 7)::FLOAT b, 'nan'::DOUBLE c, '-infinity'::FLOAT d, i % 3 = 0 e FROM range(100) t(i)`,
  nulls: `SELECT CASE WHEN i % 3 = 0 THEN NULL ELSE i END a, CASE WHEN i % 2 = 0 THEN 'x' || i END b, NULL::INTEGER c,
    CASE WHEN i % 5 = 0 THEN i % 2 = 0 END d FROM range(3000) t(i)`,
  decimals: `SELECT (i / 100 - 3)::DECIMAL(4,2) a, (i - 50)::DECIMAL(9,3) b, (-i / 7)::DECIMAL(18,6) c,
    (i * 123456789 / 3 - 5e9)::DECIMAL(38,10) d, i::DECIMAL(5,0) e FROM range(100) t(i)`,
  times: `SELECT DATE '1969-12-25' + i::INTEGER a, TIMESTAMP '1969-12-31 23:59:58.5' + i * INTERVAL 1234567 MICROSECOND b,
    (TIMESTAMP '2020-02-28 23:59:58' + i * INTERVAL 1 HOUR)::TIMESTAMP_MS c, DATE '-0044-03-15' d, DATE '25000-03-15' e,
    (TIMESTAMP '1960-02-28 23:59:58.000001' + i * INTERVAL 1 HOUR)::TIMESTAMP_NS f, INTERVAL 3 DAY g,
    TIME '00:00:01' + i * INTERVAL 12345678 MICROSECOND h FROM range(40) t(i)`,
  text: `SELECT 'é“' || i a, uuid() b, ('\\xAA"''a' || i % 10)::BLOB c, '{"a":1}'::JSON d,
    CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END::ENUM('a', 'b') e FROM range(100) t(i)`,
  lists: `SELECT CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN [] WHEN 2 THEN [i, NULL, i + 1] ELSE [i] END a,
    [['a', 'b'], [], NULL, [NULL, 'c' || i]] b, [{'x': i, 'y': [1, 2]}, NULL, {'x': NULL, 'y': NULL}] c,
    {'p': {'q': CASE WHEN i % 2 = 0 THEN i END}} d, CASE WHEN i % 3 = 0 THEN NULL ELSE {'k': [i]} END e FROM range(3000) t(i)`,
  maps: `SELECT CASE WHEN i % 3 = 0 THEN NULL ELSE MAP {'a' || i: i, 'b': NULL} END a, MAP {1: [{'x': 'y'}]} b,
    [MAP {'k': i}] c, MAP {}::MAP(VARCHAR, INTEGER) d FROM range(200) t(i)`,
};
const WAYS = [
  'COMPRESSION snappy, ROW_GROUP_SIZE 2048',
  'COMPRESSION zstd, PARQUET_VERSION v2',
  'COMPRESSION gzip, DICTIONARY_SIZE_LIMIT 1',
  'COMPRESSION brotli, PARQUET_VERSION v2, ROW_GROUP_SIZE 2048',
  'COMPRESSION lz4_raw',
  'COMPRESSION uncompressed',
];

async function written(sql: string, way: string): Promise<string> {
  const file = join(await folderWith({}), 'x.parquet');
  await database.run(`COPY (${sql}) TO '${file}' (FORMAT parquet, ${way})`);
  return file;
}

async function rowsOf(file: string, from?: Place): Promise<SourceRow[]> {
  const rows: SourceRow[] = [];
  for await (const batch of readFileRows(file, from)) rows.push(...batch);
  return rows;
}

const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutNulls(field)]));
};

describe.each(Object.keys(TABLES))('%s', (name) => {
  it.each(WAYS)('%s', async (way) => {
    const file = await written(TABLES[name], way);
    const result = await database.runAndReadAll(`SELECT * FROM read_parquet('${file}')`);
    const expected = result
      .getRowObjectsJson()
      .map((value, i) => ({ offset: i, row: i + 1, value: withoutNulls(value) }));
    expect(expected.length).toBeGreaterThan(30);
    expect(JSON.stringify(await rowsOf(file))).toBe(JSON.stringify(expected));
    const offset = Math.floor(expected.length * 0.77);
    expect(await rowsOf(file, { offset, row: offset + 1 })).toEqual(expected.slice(offset));
  });
});

describe('mutated', () => {
  it.each(WAYS)('%s: gives rows or a user error in little memory', async (way) => {
    const file = await written(
      `SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE [{'role': 'user', 'content': 'text ' || i % 40}] END m, i % 3 = 0 b, i n FROM range(3000) t(i)`,
      way,
    );
    const bytes = await readFile(file);
    const place = fc.nat(bytes.length - 1);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 6 }), async (changes) => {
        const copy = Buffer.from(bytes);
        for (const [at, value] of changes) copy[at] = value;
        await writeFile(file, copy);
        const before = process.memoryUsage().rss;
        try {
          await rowsOf(file);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
        expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
      }),
      { numRuns: 20 },
    );
  });
});
