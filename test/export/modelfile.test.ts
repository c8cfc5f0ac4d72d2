/** What Ollama is told of a model: only what comes out as the model's own template renders it. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findWrapping, modelfile } from '../../app/export/gguf/modelfile.ts';
import { ChatTemplate } from '../../app/models/chat-template.ts';
import { openStored } from '../../app/models/stored.ts';

const wrapping = (source: string, bos?: string) => findWrapping(new ChatTemplate(new Map([['default', source]])), bos);

const MARKED = "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endfor %}";

it('takes apart a template that marks messages by their role', () => {
  const found = wrapping(`<s>${MARKED}{% if add_generation_prompt %}<|assistant|>{% endif %}`, '<s>');
  expect(found).toEqual({
    before: { system: '<|system|>', user: '<|user|>', assistant: '<|assistant|>' },
    after: { system: '<|end|>', user: '<|end|>', assistant: '<|end|>' },
    prelude: '',
    answer: '<|assistant|>',
  });
});

it('keeps the system message that a template has of its own', () => {
  const own = "{% if messages[0].role != 'system' %}{{ '<|system|>Be kind.<|end|>' }}{% endif %}";
  expect(wrapping(own + MARKED)?.prelude).toBe('<|system|>Be kind.<|end|>');
});

it.each([
  "{% for m in messages %}{{ loop.index ~ m.role ~ ':' ~ m.content }}{% endfor %}",
  "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}{{ m.content }}{% endfor %}",
])('does not pretend where there is more to it: %s', (source) => {
  expect(wrapping(source)).toBeUndefined();
});

it('names file, template, ends and context', async () => {
  const model = await openStored(join(import.meta.dirname, '../../resources/starter/model'));
  const text = await modelfile(model, 'starter.gguf');
  expect(text).toMatch(/^FROM \.\/starter\.gguf\n/);
  expect(text).toContain('if eq .Role "user" }}<|im_start|>user\n{{ .Content }}<|im_end|>\n{{');
  expect(text).toContain('PARAMETER stop "<|im_end|>"');
  expect(text).toContain('PARAMETER num_ctx 1024');
});
