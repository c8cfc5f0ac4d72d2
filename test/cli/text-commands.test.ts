/** The commands that answer a text or turn it into vectors, as the command line calls them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Command } from '../../app/cli/command.ts';
import { embed } from '../../app/cli/commands/embed.ts';
import { evaluate } from '../../app/cli/commands/eval.ts';
import { generate } from '../../app/cli/commands/generate.ts';
import { readFlags } from '../../app/cli/flags.ts';
import { EMBEDDED, STARTER } from '../../app/models/library.ts';
import { readConstant, safetensorsConstants } from '../../app/models/weights/constants.ts';
import { quietContext } from './quiet-context.ts';

const home = mkdtempSync(join(tmpdir(), 'lathe-text-commands-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const file = async (name: string, text: string) => {
  await writeFile(join(home, name), text);
  return join(home, name);
};
/** As commander reads them: texts, switches, and lists of what may be named again. */
const run = async (command: Command, model: string, given: Readonly<Record<string, unknown>>) =>
  (await command.run([model], readFlags(command.options, given), quietContext(home))) as Record<string, never>;
const say = (given: Readonly<Record<string, unknown>>) =>
  run(generate, STARTER, { prompt: 'The whale swam', maxTokens: '24', ...given }) as Promise<
    Record<string, never> & { text: string; ids: number[] }
  >;
const code = (name: string) => expect.objectContaining({ code: name });

it('ends before any text that is named, blanks and commas included', async () => {
  const { text } = await say({});
  const [first, second] = [', ', text.slice(-6)];
  expect(text).toContain(first);
  expect((await say({ stop: [second] })).text).toBe(text.slice(0, text.indexOf(second)));
  expect((await say({ stop: [second, first] })).text).toBe(text.slice(0, text.indexOf(first)));
});

it('does not go on from nothing', async () => {
  await expect(say({ prompt: '' })).rejects.toThrow(code('arguments/invalid'));
});

it('keeps to a grammar or a schema, not to both', async () => {
  const grammar = await file('yes.gbnf', 'root ::= "yes" | "no"');
  expect(['yes', 'no']).toContain((await say({ grammar })).text);
  const schema = await file('count.json', '{ "type": "integer", "minimum": 3, "maximum": 12 }');
  expect(Number((await say({ schema })).text)).toBeGreaterThanOrEqual(3);
  await expect(say({ schema, grammar })).rejects.toThrow(code('arguments/incompatible'));
  await expect(say({ grammar, threshold: '0.5' })).rejects.toThrow('without --grammar');
  await expect(say({ draft: 'exits' })).rejects.toThrow('has no exits');
  await expect(say({ draft: 'exits', grammar })).rejects.toThrow('--draft exits without --grammar');
  await expect(say({ grammar, speculate: true })).rejects.toThrow(code('arguments/incompatible'));
  await expect(say({ grammar: await file('open.gbnf', 'root ::= (') })).rejects.toThrow(code('schema/unsupported'));
});

it('tells how likely the tokens were', async () => {
  const { text, ids, logProbabilities } = (await say({ logprobs: '2' })) as unknown as {
    text: string;
    ids: number[];
    logProbabilities: {
      id: number;
      text: string;
      logProbability: number;
      top: { id: number; logProbability: number }[];
    }[];
  };
  expect(logProbabilities.map(({ id }) => id)).toEqual(ids);
  expect(logProbabilities.map((one) => one.text).join('')).toBe(text);
  for (const { id, logProbability, top } of logProbabilities) {
    // Greedily the likeliest came.
    expect(top.map((one) => one.id)).toContain(id);
    expect(top[0].logProbability).toBe(logProbability);
    expect(top.reduce((sum, one) => sum + Math.exp(one.logProbability), 0)).toBeLessThanOrEqual(1);
  }
});

it('turns texts into vectors that lie close where texts are alike', async () => {
  const text = ['Turn on the lights.', 'Switch the lamp on.'];
  const input = await file('texts.json', '["What is the weather like tomorrow?"]');
  const { embeddings, width } = (await run(embed, EMBEDDED.minilm, { text, input })) as unknown as {
    embeddings: number[][];
    width: number;
  };
  const cosine = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const [on, alike, other] = embeddings;
  expect(cosine(on, on)).toBeCloseTo(1, 5);
  expect(cosine(on, alike)).toBeGreaterThan(cosine(on, other) + 0.3);
  const out = join(home, 'vectors.safetensors');
  await run(embed, EMBEDDED.minilm, { text, out });
  const written = await readConstant((await safetensorsConstants(out)).get('embeddings')!);
  expect(written.shape).toEqual([2, width]);
  expect(Array.from(written.data as Float32Array).slice(width)).toEqual(alike);
  await expect(run(embed, EMBEDDED.minilm, {})).rejects.toThrow(code('arguments/invalid'));
});

it('measures what was asked for, or says why not', async () => {
  const text = await file('sea.txt', 'The whale swam in the sea, and the sea was calm. '.repeat(8));
  const data = await file('labels.csv', 'text,label\nhello,a\n');
  await expect(run(evaluate, STARTER, { text, data })).rejects.toThrow(code('arguments/invalid'));
  await expect(run(evaluate, STARTER, { text, threshold: '0.5' })).rejects.toThrow(code('arguments/incompatible'));
  await expect(run(evaluate, STARTER, { data, against: STARTER })).rejects.toThrow('--against goes with --text');
  expect((await run(evaluate, STARTER, { text, context: '64' })).perplexity).toBeGreaterThan(1);
});
