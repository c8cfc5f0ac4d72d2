import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type EncodeOptions, encodeExample, IGNORED } from '../../app/datasets/encode.ts';
import type { Example } from '../../app/datasets/types.ts';
import { ChatTemplate, type Message } from '../../app/models/chat-template.ts';
import { loadTokenizer, type Tokenizer } from '../../app/models/tokenizer.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
const smollm2 = await loadTokenizer(join(fixtures, 'tokenizers/smollm2'));
const llama = await loadTokenizer(join(fixtures, 'tokenizers/llama-like'));

async function templateOf(name: string): Promise<ChatTemplate> {
  const { template, ...tokens } = JSON.parse(
    await readFile(join(fixtures, 'chat-templates', name, 'cases.json'), 'utf8'),
  );
  return new ChatTemplate(new Map([['default', template]]), tokens);
}

const template = await templateOf('smollm2');

/** What the model learns to write, with a bar between stretches. */
function learnt(
  example: Example,
  tokenizer: Tokenizer,
  chat: ChatTemplate | undefined,
  options: EncodeOptions = {},
): string {
  const { ids, labels } = encodeExample(example, tokenizer, chat, options);
  expect(ids.length).toBe(labels.length);
  const parts: number[][] = [];
  labels.forEach((label, i) => {
    if (label === IGNORED) return;
    expect(label).toBe(ids[i]);
    if (i > 0 && labels[i - 1] !== IGNORED) parts.at(-1)!.push(label);
    else parts.push([label]);
  });
  return parts.map((part) => tokenizer.decode(part)).join('|');
}

function text(example: Example, tokenizer: Tokenizer, chat: ChatTemplate | undefined): string {
  return tokenizer.decode(encodeExample(example, tokenizer, chat).ids);
}

const messages: readonly Message[] = [
  { role: 'user', content: 'Hello' },
  { role: 'assistant', content: 'Hi there' },
  { role: 'user', content: 'Bye' },
  { role: 'assistant', content: '\n Goodbye' },
];
const chat: Example = { kind: 'chat', messages };

describe('a conversation', () => {
  it('is encoded as the template renders it', () => {
    expect(text(chat, smollm2, template)).toBe(template.render({ messages }));
  });

  it('teaches the answers with their end-of-turn token, and not the newline after it', () => {
    expect(learnt(chat, smollm2, template)).toBe('Hi there<|im_end|>|\n Goodbye<|im_end|>');
  });

  it('teaches the last answer, or everything, when told so', () => {
    expect(learnt(chat, smollm2, template, { loss: 'last-answer' })).toBe('\n Goodbye<|im_end|>');
    expect(learnt(chat, smollm2, template, { loss: 'all' })).toBe(template.render({ messages }).trimEnd());
  });

  it('leaves out answers of weight 0', () => {
    const weighted = messages.map((message, i) => (i === 1 ? { ...message, weight: 0 } : message));
    expect(learnt({ kind: 'chat', messages: weighted }, smollm2, template)).toBe('\n Goodbye<|im_end|>');
  });

  it.each([
    ['chatml', 'Hi there<|im_end|>|\n Goodbye<|im_end|>'],
    ['qwen2.5', 'Hi there<|im_end|>|\n Goodbye<|im_end|>'],
    ['llama3', 'Hi there<|eot_id|>|Goodbye<|eot_id|>'],
  ])('is aligned with the template of %s', async (name, expected) => {
    expect(learnt(chat, smollm2, await templateOf(name))).toBe(expected);
  });

  it('is aligned with a template that rewrites earlier answers', () => {
    const source = `{% for m in messages %}<|im_start|>{{ m.role }}
{% if m.role == 'assistant' and not loop.last %}{{ m.content.split('</think>')[-1].strip() }}{% else %}{{ m.content }}{% endif %}
<|im_end|>
{% endfor %}
{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;
    const rewriting = new ChatTemplate(new Map([['default', source]]));
    const thinking = messages.map((m) =>
      m.role === 'assistant' ? { ...m, content: `<think>hm</think>\n\n${m.content}` } : m,
    );
    const result = learnt({ kind: 'chat', messages: thinking }, smollm2, rewriting);
    expect(result).toBe('Hi there<|im_end|>|<think>hm</think>\n\n\n Goodbye<|im_end|>');
  });

  it('leaves out the heading of a template that knows no generation prompt', () => {
    const bare = new ChatTemplate(
      new Map([
        ['default', '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | trim }}<|im_end|>{% endfor %}'],
      ]),
    );
    expect(learnt(chat, smollm2, bare)).toBe('Hi there<|im_end|>|Goodbye<|im_end|>');
  });

  it('is reported when the template hides or refuses it', () => {
    const hiding = new ChatTemplate(new Map([['default', '{% for m in messages %}{{ m.role }}{% endfor %}']]));
    expect(() => encodeExample(chat, smollm2, hiding)).toThrow(expect.objectContaining({ code: 'row/unaligned' }));
    const refusing = new ChatTemplate(new Map([['default', '{{ raise_exception("no") }}']]));
    expect(() => encodeExample(chat, smollm2, refusing)).toThrow(
      expect.objectContaining({ code: 'row/template-failed', message: 'no' }),
    );
  });

  it('is aligned with tokenizers that add a space before each text', () => {
    expect(llama.addsSpace).toBe(true);
    expect(smollm2.addsSpace).toBe(false);
    const source = `{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% else %} {{ m.content }}</s>{% endif %}{% endfor %}`;
    const inst = new ChatTemplate(new Map([['default', source]]), { bos_token: '<s>' });
    const result = encodeExample(chat, llama, inst);
    expect(Array.from(result.ids)).toEqual(llama.encode(inst.render({ messages })));
    expect(learnt(chat, llama, inst)).toBe('Hi there</s>|\n Goodbye</s>');
  });
});

describe('a model without a template', () => {
  it('gets conversations in the plain format', () => {
    expect(text(chat, smollm2, undefined)).toBe(
      '### User:\nHello\n\n### Assistant:\nHi there<|im_end|>\n\n### User:\nBye\n\n### Assistant:\n\n Goodbye<|im_end|>\n\n',
    );
    expect(learnt(chat, smollm2, undefined)).toBe('Hi there<|im_end|>|\n Goodbye<|im_end|>');
  });

  it('gets prompt and completion one after the other', () => {
    const example: Example = { kind: 'completion', prompt: 'The sky is', completion: ' blue.' };
    expect(text(example, smollm2, undefined)).toBe('The sky is blue.<|im_end|>');
    expect(learnt(example, smollm2, undefined)).toBe(' blue.<|im_end|>');
    expect(learnt(example, smollm2, template)).toBe(' blue.<|im_end|>');
    expect(learnt({ kind: 'pair', source: 'a', target: 'b' }, smollm2, undefined)).toBe('b<|im_end|>');
    expect(learnt({ kind: 'labelled', text: 'a', label: 'b' }, smollm2, undefined)).toBe('b<|im_end|>');
  });

  it('gets the beginning its tokenizer asks for', () => {
    const { ids } = encodeExample({ kind: 'completion', prompt: 'ab', completion: ' cd' }, llama, undefined);
    expect(Array.from(ids)).toEqual(llama.encode('ab cd', { special: true }));
  });
});

describe('other examples', () => {
  it('teach all of a text', () => {
    expect(learnt({ kind: 'text', text: 'one two' }, smollm2, template)).toBe('one two<|im_end|>');
    expect(learnt({ kind: 'text', text: 'one two', continues: true }, smollm2, template)).toBe('one two');
  });

  it('teach the chosen answer of a preference', () => {
    const example: Example = {
      kind: 'preference',
      prompt: [messages[0]],
      chosen: [messages[1]],
      rejected: [messages[3]],
    };
    expect(learnt(example, smollm2, template)).toBe('Hi there<|im_end|>');
  });

  it('are cut at the limit, and refused when no answer is left', () => {
    const whole = encodeExample(chat, smollm2, template);
    const cut = encodeExample(chat, smollm2, template, { maxLength: whole.ids.length - 2 });
    expect(cut).toMatchObject({ truncated: true });
    expect(Array.from(cut.ids)).toEqual(Array.from(whole.ids.slice(0, -2)));
    expect(() => encodeExample(chat, smollm2, template, { maxLength: 5 })).toThrow(
      expect.objectContaining({ code: 'row/no-answer' }),
    );
  });
});
