/** Who may stand before a model: smaller classifiers with the same labels, in whatever order; smaller models that chat. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { ModelSummary } from '../../app/contract/models.ts';
import { smallerModels } from '../../app/library/smaller-models.ts';
import { CHAT_TEMPLATE, TINY_CONFIGS } from '../models/tiny-model.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-smaller-'));
afterAll(() => rm(work, { recursive: true, force: true }));

const BERT = join(import.meta.dirname, '../fixtures/models/bert/config.json');

async function model(name: string, parameters: number, labels: readonly string[], more: object = {}) {
  const path = join(work, name);
  await mkdir(path);
  const config = JSON.parse(await readFile(BERT, 'utf8')) as object;
  const classifier = {
    ...config,
    architectures: ['BertForSequenceClassification'],
    id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
  };
  await writeFile(join(path, 'config.json'), JSON.stringify(labels.length > 0 ? classifier : config));
  return { id: name, name, path, parameters, ...more } as ModelSummary;
}

it('finds smaller models with the same labels', async () => {
  const large = await model('large', 100, ['spam', 'ham']);
  const all = [
    large,
    await model('small', 10, ['ham', 'spam']),
    await model('larger', 200, ['ham', 'spam']),
    await model('other', 10, ['ham', 'news']),
    await model('encoder', 10, []),
    await model('adapted', 10, ['ham', 'spam'], { technique: 'adapt' }),
    { ...large, id: 'gone', path: join(work, 'gone'), parameters: 5 },
  ];
  expect((await smallerModels(large, all)).map(({ id }) => id)).toEqual(['small']);
  expect(await smallerModels(all[4], all)).toEqual([]);
});

it('finds smaller chat models, whatever their family', async () => {
  const chats = async (name: string, parameters: number, template?: string) => {
    const path = join(work, name);
    await mkdir(path);
    await writeFile(join(path, 'config.json'), JSON.stringify(TINY_CONFIGS.llama));
    await writeFile(join(path, 'tokenizer_config.json'), JSON.stringify({ chat_template: template }));
    return { id: name, name, path, parameters } as ModelSummary;
  };
  const large = await chats('large-chat', 100, CHAT_TEMPLATE);
  const all = [large, await chats('small-chat', 10, CHAT_TEMPLATE), await chats('base', 10)];
  expect((await smallerModels(large, all)).map(({ id }) => id)).toEqual(['small-chat']);
});
