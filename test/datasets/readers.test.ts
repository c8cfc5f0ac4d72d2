import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../app/contract/errors.ts';
import { dataFiles } from '../../app/datasets/readers/index.ts';
import { allRows, fileWith, folderWith, jsonl } from './folder.ts';

async function parquet(sql: string): Promise<string> {
  const file = join(await folderWith({}), 'data[1].parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${sql}) TO '${file}'`);
  connection.closeSync();
  instance.closeSync();
  return file;
}

describe('JSON Lines', () => {
  it('give every row its line number and report broken ones', async () => {
    const text = '\ufeff{"text":"a"}\r\n{"text": oops}\n\n[1]\n"x"\n{"text":"b"}\n\n\n';
    expect(await allRows(await fileWith('x.jsonl', text))).toMatchObject([
      { row: 1, value: { text: 'a' } },
      { row: 2, problem: { code: 'row/broken' } },
      { row: 3, problem: { code: 'row/empty' } },
      { row: 4, problem: { code: 'row/not-an-object' } },
      { row: 5, problem: { code: 'row/not-an-object' } },
      { row: 6, value: { text: 'b' } },
    ]);
  });

  it('report a line that is not UTF-8', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"text":"a"}\n{"text":"'),
      Buffer.from([0xff, 0xfe, 0x41]),
      Buffer.from('"}\n{"text":"b"}'),
    ]);
    const rows = await allRows(await fileWith('x.jsonl', bytes));
    expect(rows).toMatchObject([
      { row: 1, value: {} },
      { row: 2, problem: { code: 'row/not-utf8' } },
      { row: 3, value: {} },
    ]);
  });

  it('read lines longer than a chunk', async () => {
    const long = 'é'.repeat(1_500_000);
    const rows = await allRows(await fileWith('x.jsonl', jsonl([{ text: long }, { text: 'b' }])));
    expect(rows.map((row) => (row.value!.text as string).length)).toEqual([1_500_000, 1]);
  });

  it('survive any mutation', async () => {
    const source = Buffer.from(
      jsonl(Array.from({ length: 20 }, (_, i) => ({ prompt: `question ${i} é`, completion: `answer "${i}"` }))),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(source.length - 1), fc.nat(255)), { maxLength: 12 }),
        fc.nat(source.length),
        async (changes, cut) => {
          const bytes = Buffer.from(source);
          for (const [at, value] of changes) bytes[at] = value;
          const file = await fileWith('x.jsonl', bytes.subarray(0, cut));
          try {
            const rows = await allRows(file);
            for (const row of rows) expect((row.value === undefined) !== (row.problem === undefined)).toBe(true);
            const numbers = rows.map((row) => row.row);
            expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('JSON', () => {
  it('reads an array element by element', async () => {
    const values = [{ a: '[{"}]' }, { b: '\\"', c: [[{}]] }, { d: 'é' }];
    const rows = await allRows(await fileWith('x.json', JSON.stringify(values, undefined, 2)));
    expect(rows).toEqual(values.map((value, i) => ({ row: i + 1, value })));
  });

  it('reads a wrapped list, a single object and JSON lines in disguise', async () => {
    expect(await allRows(await fileWith('x.json', '{"version": 1, "data": [{"a": 1}, 2]}'))).toMatchObject([
      { row: 1, value: { a: 1 } },
      { row: 2, problem: { code: 'row/not-an-object' } },
    ]);
    expect(await allRows(await fileWith('x.json', '{\n "text": "a"\n}'))).toEqual([{ row: 1, value: { text: 'a' } }]);
    expect(await allRows(await fileWith('x.json', '{"a":1}\n{"a":2}\n'))).toHaveLength(2);
  });

  it('reports a truncated array and a broken element', async () => {
    expect(await allRows(await fileWith('x.json', '[{"a": 1}, {"a": oops}, {"a": "unfin'))).toMatchObject([
      { row: 1, value: { a: 1 } },
      { row: 2, problem: { code: 'row/broken' } },
      { row: 3, problem: { code: 'row/broken' } },
    ]);
  });

  it('refuses what is neither', async () => {
    await expect(allRows(await fileWith('x.json', 'hello'))).rejects.toMatchObject({ code: 'dataset/unreadable' });
    await expect(allRows(await fileWith('x.json', '  \n'))).rejects.toMatchObject({ code: 'dataset/empty' });
  });

  it('agrees with JSON.parse on any array of objects', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 8 }),
        fc.constantFrom(0, 2),
        async (values, indent) => {
          const text = JSON.stringify(values, undefined, indent);
          const rows = await allRows(await fileWith('x.json', text));
          expect(rows.map((row) => row.value)).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('CSV', () => {
  it('reads quotes, line ends in quotes, and says on which line a record begins', async () => {
    const text = 'prompt,completion\r\n"a, ""q""",b\r\n"two\r\nlines",c\r\n\r\nonly\r\nd,e\r\n';
    expect(await allRows(await fileWith('x.csv', text))).toMatchObject([
      { row: 2, value: { prompt: 'a, "q"', completion: 'b' } },
      { row: 3, value: { prompt: 'two\nlines', completion: 'c' } },
      { row: 6, problem: { code: 'row/broken' } },
      { row: 7, value: { prompt: 'd', completion: 'e' } },
    ]);
  });

  it('finds the delimiter and reads TSV', async () => {
    expect(await allRows(await fileWith('x.csv', 'a;b\n1,5;2\n'))).toEqual([{ row: 2, value: { a: '1,5', b: '2' } }]);
    expect(await allRows(await fileWith('x.tsv', 'a\tb\n1,"5\t2\n'))).toEqual([
      { row: 2, value: { a: '1,"5', b: '2' } },
    ]);
  });

  it('does not let an open quote swallow the file', async () => {
    const rows = await allRows(await fileWith('x.csv', `a,b\n1,"open\n${'2,3\n'.repeat(1000)}`));
    expect(rows[0]).toMatchObject({ row: 2, problem: { code: 'row/broken' } });
    expect(rows.filter((row) => row.value)).toHaveLength(1000);
  });

  it('gives back what a careful writer wrote', async () => {
    const field = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\r', ''));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 6 }), async (records) => {
        const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        const text = ['a,b', ...records.map((fields) => fields.map(quote).join(','))].join('\n');
        const rows = await allRows(await fileWith('x.csv', text));
        expect(rows.map((row) => [row.value!.a, row.value!.b])).toEqual(records);
      }),
      { numRuns: 60 },
    );
  });
});

describe('Parquet', () => {
  it('reads nested rows in order and drops the nulls that columns add', async () => {
    const file = await parquet(
      `SELECT [{'role': 'user', 'content': 'q' || i, 'name': NULL}, {'role': 'assistant', 'content': 'a', 'name': 'x'}] AS messages FROM range(5000) t(i) ORDER BY i`,
    );
    const rows = await allRows(file);
    expect(rows).toHaveLength(5000);
    expect(rows[4321]).toEqual({
      row: 4322,
      value: {
        messages: [
          { role: 'user', content: 'q4321' },
          { role: 'assistant', content: 'a', name: 'x' },
        ],
      },
    });
  });

  it('refuses truncated and foreign files', async () => {
    const bytes = await readFile(await parquet('SELECT 1 AS text'));
    for (const broken of [
      bytes.subarray(0, bytes.length - 9),
      bytes.subarray(0, 3),
      Buffer.from('PAR1 not really PAR1'),
    ])
      await expect(allRows(await fileWith('x.parquet', broken))).rejects.toMatchObject({ code: 'dataset/unreadable' });
  });

  it('gives rows or a user error for mutated files', async () => {
    const bytes = await readFile(await parquet(`SELECT 'text ' || i AS text FROM range(50) t(i)`));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (changes) => {
          const copy = Buffer.from(bytes);
          for (const [at, value] of changes) copy[at] = value;
          try {
            await allRows(await fileWith('x.parquet', copy));
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('plain text', () => {
  it('comes in paragraphs that together are the whole', async () => {
    const text = `one\ntwo\n\n\nthree\n${'long line\n'.repeat(8000)}\nend`;
    const rows = await allRows(await fileWith('x.txt', text));
    expect(rows.map((row) => row.value!.text).join('')).toBe(`${text}\n`);
    expect(rows[0]).toMatchObject({ row: 1, value: { text: 'one\ntwo\n\n\n', continues: true } });
    expect(rows[1].row).toBe(5);
    expect(rows.length).toBeGreaterThan(3);
    expect(rows.map((row) => row.value!.continues)).toEqual(rows.map((_, i) => i < rows.length - 1));
  });

  it('is refused in another encoding', async () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('hello', 'utf16le')]);
    for (const bytes of [utf16, Buffer.from([1, 0, 2, 0])])
      await expect(allRows(await fileWith('x.txt', bytes))).rejects.toMatchObject({ code: 'dataset/unreadable' });
  });
});

describe('folders', () => {
  it('are read in the order of names, whatever is hidden or foreign left out', async () => {
    const folder = await folderWith({
      'b/2.jsonl': '{"n":2}\n',
      'a.jsonl': '{"n":1}\n',
      'c.csv': 'n\n3\n',
      '.cache/x.jsonl': '{"n":9}\n',
      'README.rst': 'no data',
    });
    expect((await dataFiles(folder)).map((file) => file.slice(folder.length + 1))).toEqual([
      'a.jsonl',
      'b/2.jsonl',
      'c.csv',
    ]);
    expect(await allRows(folder)).toMatchObject([
      { row: 1, file: 'a.jsonl', value: { n: 1 } },
      { row: 1, file: 'b/2.jsonl', value: { n: 2 } },
      { row: 2, file: 'c.csv', value: { n: '3' } },
    ]);
  });

  it('are refused when empty, missing or of no known ending', async () => {
    await expect(allRows(await folderWith({}))).rejects.toMatchObject({ code: 'dataset/empty' });
    await expect(allRows(join(await folderWith({}), 'nothing.jsonl'))).rejects.toMatchObject({
      code: 'file/not-found',
    });
    const file = join(await folderWith({}), 'x.exe');
    await writeFile(file, 'x');
    await expect(allRows(file)).rejects.toMatchObject({ code: 'dataset/unreadable' });
  });
});
