/** The index of 10,000 models: pages, order, search, families. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Store } from '../../app/store/index.ts';
import type { ModelRecord } from '../../app/store/models.ts';

const FAMILIES = 1000;
const VERSIONS = 10;
let folder: string;
let store: Store;

const modelOf = (family: number, version: number): ModelRecord => ({
  id: `m${family}-${version}`,
  name: `Model ${family} version ${version}`,
  path: `/models/m${family}-${version}`,
  architecture: family % 2 === 0 ? 'llama' : 'gpt2',
  parameters: 1000 + family,
  sizeBytes: 5000 - version,
  bitsPerWeight: 16,
  format: 'float16',
  contextLength: 512,
  technique: version === 0 ? 'import' : 'quantize',
  lineage: [`source-${family}`, ...Array.from({ length: version }, (_, i) => `2026-01-0${i}`)],
  addedAt: family * 100 + version,
  folderTime: 1,
  measured: version === 0 ? undefined : { perplexity: 10 + version, decodeTokensPerSecond: 100 * version },
});

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lathe-models-'));
  store = new Store(join(folder, 'lathe.db'));
  store.db.transaction(() => {
    for (let f = 0; f < FAMILIES; f++) for (let v = 0; v < VERSIONS; v++) store.models.save(modelOf(f, v));
  })();
  store.models.relink();
});
afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const query = { sort: 'addedAt', descending: true, offset: 0, limit: 50 } as const;

it('gives any page of them in any order', () => {
  const first = store.models.list(query);
  expect([first.total, first.items.length, first.items[0].id]).toEqual([10_000, 50, 'm999-9']);
  const far = store.models.list({ ...query, sort: 'parameters', descending: false, offset: 9_990 });
  expect([far.items.length, far.items.at(-1)!.parameters]).toEqual([10, 1999]);
});

it('puts what was never measured last, whichever way it is sorted', () => {
  const best = store.models.list({ ...query, sort: 'perplexity', descending: false });
  const worst = store.models.list({ ...query, sort: 'perplexity', descending: true });
  expect([best.items[0].measured?.perplexity, worst.items[0].measured?.perplexity]).toEqual([11, 19]);
});

it('finds by name and takes the signs of patterns as they are', () => {
  expect(store.models.list({ ...query, search: 'model 77 version' }).total).toBe(10);
  expect(store.models.list({ ...query, search: '100%' }).total).toBe(0);
  expect(store.models.list({ ...query, search: '_' }).total).toBe(0);
});

it('knows the nearest ancestor and the family, also where a version between is gone', () => {
  expect(store.models.get('m5-3')).toMatchObject({ parent: 'm5-2', family: 'm5-0' });
  expect(store.models.children('m5-2')).toEqual(['m5-3']);
  store.models.remove('m5-2');
  store.models.relink();
  expect(store.models.get('m5-3')).toMatchObject({ parent: 'm5-1', family: 'm5-0' });
  store.models.remove('m5-0');
  store.models.relink();
  expect(store.models.get('m5-9')).toMatchObject({ family: 'm5-1' });
  expect(store.models.graph('m5-9', 500).total).toBe(8);
});

it('keeps an earlier quality when a later report has none', () => {
  store.models.measure('m7-0', { at: 1, values: { perplexity: 5, decodeTokensPerSecond: 10 } });
  store.models.measure('m7-0', { at: 2, values: { decodeTokensPerSecond: 20 } });
  expect(store.models.get('m7-0')?.measured).toEqual({ perplexity: 5, decodeTokensPerSecond: 20 });
  expect(store.models.measurements('m7-0').map(({ at }) => at)).toEqual([2, 1]);
});

it('renames without touching anything when the folder is looked at again', () => {
  store.models.rename('m8-0', 'Mine');
  store.models.save(modelOf(8, 0));
  expect(store.models.get('m8-0')?.name).toBe('Mine');
});
