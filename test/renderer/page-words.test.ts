/** Words and small readings of the pages. */

import { expect, it } from 'vitest';
import { HINTS } from '../../app/contract/errors.ts';
import { wordsForDrag } from '../../renderer/app/drop/dragged.ts';
import { inWindowWords } from '../../renderer/client/window-words.ts';
import { cellText, turnsOf } from '../../renderer/pages/datasets/cell-text.ts';
import { columnFor, fieldsOf, withoutSelf } from '../../renderer/pages/datasets/mapping.ts';
import { featureWords } from '../../renderer/pages/home/feature-words.ts';
import { tensorTree } from '../../renderer/pages/models/detail/tensor-tree.ts';
import { gain } from '../../renderer/pages/models/lineage/gain.ts';
import { markdownBlocks } from '../../renderer/ui/markdown-blocks.ts';
import { changeOf, MEASURES } from '../../renderer/ui/measures/measures.ts';

const file = (type: string) => ({ kind: 'file', type });

it('tells the engine’s words as the window calls things: no flag, no command', () => {
  for (const hint of Object.values(HINTS)) expect(inWindowWords(hint)).not.toMatch(/--|HF_|npm|the command again/);
  expect(inWindowWords('Lower the learning rate, or set --max-grad-norm.')).toBe(
    'Lower the learning rate, or set “max grad norm”.',
  );
  expect(inWindowWords('a head learns nothing: use lathe transfer')).toBe(
    'a head learns nothing: use the wizard “transfer”',
  );
});

it('says what a drag can become', () => {
  expect(wordsForDrag([file('text/csv')]).title).toBe('Drop to add 1 data set');
  expect(wordsForDrag([file('')]).title).toBe('Drop to add a model, a data set or a recipe');
  expect(wordsForDrag([file('image/png'), file('video/mp4')])).toMatchObject({ welcome: false });
  expect(wordsForDrag([{ kind: 'string', type: 'text/plain' }]).welcome).toBe(false);
});

it('writes a chat on one line and takes it apart again', () => {
  const chat = [
    { role: 'user', content: 'Hello\nthere' },
    { role: 'assistant', content: 'Hi' },
  ];
  expect(cellText(chat)).toBe('user: Hello there  assistant: Hi');
  expect(turnsOf(chat)).toEqual([
    { role: 'user', text: 'Hello\nthere' },
    { role: 'assistant', text: 'Hi' },
  ]);
  expect([cellText(null), cellText({ a: 1 }), turnsOf('text')]).toEqual(['', '{"a":1}', undefined]);
});

it('maps fields to columns', () => {
  expect(columnFor('prompt', { prompt: 'question' }, ['question', 'answer'])).toBe('question');
  expect(columnFor('answer', {}, ['question', 'answer'])).toBe('answer');
  expect(columnFor('system', {}, ['question'])).toBeUndefined();
  expect(withoutSelf({ prompt: 'question', answer: 'answer', system: '' })).toEqual({ prompt: 'question' });
});

it('reads what a format needs', () => {
  expect(fieldsOf('messages: [{ role, content }], optional tools')).toEqual([
    { field: 'messages', optional: false },
    { field: 'tools', optional: true },
  ]);
  expect(fieldsOf('instruction, optional input, output; optional system').map(({ field }) => field)).toEqual([
    'instruction',
    'input',
    'output',
    'system',
  ]);
});

it('names the instruction sets that matter', () => {
  expect(featureWords(['sse4_2', 'avx', 'f16c', 'avx2', 'fma', 'avx512f', 'avx512_bf16', 'avx512_vnni'])).toBe(
    'AVX-512, VNNI, BF16, FP16, AVX2, FMA',
  );
  expect(featureWords([])).toBe('');
});

it('draws tensors as a tree with sums, single children joined, layers in the order of their numbers', () => {
  const tensor = (name: string) => ({ name, shape: [2, 3], dtype: 'F32', bytes: 24 });
  const tree = tensorTree(
    ['model.layers.10.mlp.up.weight', 'model.layers.2.mlp.up.weight', 'model.norm.weight'].map(tensor),
  );
  expect(tree.map(({ label, parameters, bytes }) => [label, parameters, bytes])).toEqual([['model', 18, 72]]);
  const [layers, norm] = tree[0].children;
  expect(layers.children.map(({ label }) => label)).toEqual(['2.mlp.up.weight', '10.mlp.up.weight']);
  expect(norm.tensor?.name).toBe('model.norm.weight');
});

it('says what a version won', () => {
  const base = {
    id: 'a',
    sizeBytes: 539e6,
    architecture: 'llama',
    format: 'float32',
    measured: { perplexity: 60.5, decodeTokensPerSecond: 51 },
  };
  const small = { ...base, id: 'b', sizeBytes: 92e6, measured: { perplexity: 63.9, decodeTokensPerSecond: 182 } };
  expect(gain(small, base)).toBe('5.9× smaller, 3.6× faster, perplexity +5.6% against its origin');
  expect(gain(base, base)).toBe('llama, float32, 539 MB');
});

it('tells better from worse', () => {
  const by = (key: string) => MEASURES.find((measure) => measure.key === key)!;
  expect(changeOf(by('perplexity'), 60, 63)).toEqual({ text: '+5.0%', tone: 'bad' });
  expect(changeOf(by('sizeBytes'), 500, 100)).toEqual({ text: '5.0×', tone: 'good' });
  expect(changeOf(by('decodeTokensPerSecond'), 100, 100.2)).toEqual({ text: 'same', tone: 'same' });
});

it('splits a model card and drops what is for machines', () => {
  const blocks = markdownBlocks(
    '---\nlicense: mit\n---\n# Name\n\nOne\ntwo.\n- a\n- b\n\n```\ncode\n```\n| x | y |\n|---|---|\n| 1 | 2 |',
  );
  expect(blocks).toEqual([
    { kind: 'heading', level: 1, text: 'Name' },
    { kind: 'paragraph', text: 'One two. - a - b' },
    { kind: 'code', text: 'code' },
    {
      kind: 'table',
      rows: [
        ['x', 'y'],
        ['1', '2'],
      ],
    },
  ]);
});
