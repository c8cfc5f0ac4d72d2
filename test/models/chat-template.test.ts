import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ChatTemplate, type Conversation, findChatTemplate, loadChatTemplate } from '../../app/models/chat-template.ts';

const fixtures = join(import.meta.dirname, '../fixtures/chat-templates');
const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lathe-template-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
}

function render(source: string, variables: Record<string, unknown> = {}): string {
  return new ChatTemplate(new Map([['default', source]])).render({ messages: [], ...variables });
}

interface Case {
  readonly name: string;
  readonly add_generation_prompt: boolean;
  readonly expected?: string;
  readonly error?: string;
  readonly [variable: string]: unknown;
}

describe.each(await readdir(fixtures))('the reference cases of %s', async (name) => {
  const { cases, template, versions, ...tokens } = JSON.parse(
    await readFile(join(fixtures, name, 'cases.json'), 'utf8'),
  ) as { cases: Case[]; template: string; versions: unknown };

  it.each(cases.map((c) => [c.name, c] as const))(
    '%s',
    async (_, { name, expected, error, add_generation_prompt, ...rest }) => {
      const config = JSON.stringify({ ...tokens, chat_template: template });
      const loaded = await loadChatTemplate(await folderWith({ 'tokenizer_config.json': config }));
      const text = (): string =>
        loaded.render(rest as unknown as Conversation, { generationPrompt: add_generation_prompt });
      if (expected !== undefined) expect(text()).toBe(expected);
      else expect(text).toThrow(expect.objectContaining({ code: 'template/failed', message: error }));
    },
  );
});

describe('templates in general', async () => {
  const { variables, cases } = JSON.parse(
    await readFile(join(import.meta.dirname, '../fixtures/jinja-cases.json'), 'utf8'),
  ) as {
    variables: Record<string, unknown>;
    cases: { template: string; expected?: string; error?: string }[];
  };

  it.each(cases.map((c) => [c.template, c] as const))('renders %j as Python Jinja does', (template, { expected }) => {
    if (expected === undefined)
      expect(() => render(template, variables)).toThrow(expect.objectContaining({ code: 'template/failed' }));
    else expect(render(template, variables)).toBe(expected);
  });

  it.each([
    '{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}',
    '{% set ns = namespace(s="aaaaaaaaaa") %}{% for a in range(90) %}{% set ns.s = ns.s + ns.s %}{% endfor %}',
    '{% set ns = namespace(l=[1]) %}{% for a in range(90) %}{% set ns.l = ns.l + ns.l %}{% endfor %}',
    '{% set s = "ab" * 1000000 %}{% for i in range(90000) %}{% set x = s.replace("a", "b") %}{% endfor %}',
    '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
    '{{ "a" * 999999999999 }}',
    '{{ range(999999999) | length }}',
    `{% if ${'('.repeat(100_000)}`,
    ' '.repeat(100_000),
    '{{ unfinished',
    '{% unknown %}',
  ])('stops a hostile or broken template: %.60s', (template) => {
    expect(() => render(template)).toThrow(expect.objectContaining({ code: 'template/failed' }));
  });

  it('gives the date', () => {
    expect(render('{{ strftime_now("%Y-%m-%d") }}')).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(render('{{ strftime_now("%d %b %Y") }}')).toMatch(/^\d\d [A-Z][a-z]{2} \d{4}$/);
  });
});

describe('where a template is found', () => {
  it('prefers chat_template.jinja', async () => {
    const folder = await folderWith({
      'tokenizer_config.json': JSON.stringify({ chat_template: 'old', bos_token: { content: '<s>' } }),
      'chat_template.jinja': '{{ bos_token }}new',
    });
    expect((await loadChatTemplate(folder)).render({ messages: [] })).toBe('<s>new');
  });

  it('chooses among named templates', async () => {
    const chat_template = [
      { name: 'default', template: 'plain' },
      { name: 'tool_use', template: 'tools' },
    ];
    const template = await loadChatTemplate(
      await folderWith({ 'tokenizer_config.json': JSON.stringify({ chat_template }) }),
    );
    expect(template.render({ messages: [] })).toBe('plain');
    expect(template.render({ messages: [], tools: [] })).toBe('tools');
    expect(() => template.render({ messages: [] }, { name: 'rag' })).toThrow(
      expect.objectContaining({ code: 'template/missing' }),
    );
  });

  it('says when there is none', async () => {
    await expect(loadChatTemplate(await folderWith({}))).rejects.toMatchObject({ code: 'template/missing' });
    expect(await findChatTemplate(await folderWith({ 'tokenizer_config.json': '{}' }))).toBeUndefined();
    await expect(loadChatTemplate(await folderWith({ 'tokenizer_config.json': '{' }))).rejects.toMatchObject({
      code: 'tokenizer/invalid',
    });
  });
});
