/** Text in an export: its tokenizer gives the source's tokens and its template the source's prompts, in Lathe and in transformers.js' libraries. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { Tokenizer as JavaScriptTokenizer } from '@huggingface/tokenizers';
import { UserError } from '../contract/errors.ts';
import { findChatTemplate } from '../models/chat-template.ts';
import { loadTokenizer, type Tokenizer, tokenText } from '../models/tokenizer.ts';
import type { Check } from './check.ts';

/** Words, digits, white space, scripts, signs of several code points: what tokenizers differ on. */
const TEXTS = [
  'The capital of France is Paris, isn’t it?',
  "I've paid 1,234.50 € (about $1300) on 2024-02-29.",
  '  two spaces,\n\n\ttabs and a line end \n',
  'Größe, naïve, Ærøskøbing, İstanbul, ﬁne',
  '北京 の 天気は? 서울 مرحبا नमस्ते',
  'def f(x):\n    return x ** 2  # ok',
  '👩‍👩‍👧 🇫🇷 👍🏽 e\u0301',
  '',
];

export const CONVERSATION = {
  messages: [
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi. What can I do for you?' },
    { role: 'user', content: 'Name a “planet” & its moons:\n1.' },
  ],
};

/** The tokenizer, or undefined for a model without one. */
export async function findTokenizer(folder: string): Promise<Tokenizer | undefined> {
  try {
    return await loadTokenizer(folder);
  } catch (error) {
    if (error instanceof UserError && error.code === 'tokenizer/missing') return undefined;
    throw error;
  }
}

type Encode = (text: string) => readonly number[];

function compare(name: string, expected: Encode, actual: Encode, texts: readonly string[]): Check {
  let tokens = 0;
  for (const text of texts) {
    const [a, b] = [expected(text), actual(text)];
    const at = a.findIndex((id, i) => id !== b[i]);
    if (at >= 0 || a.length !== b.length) {
      const detail = `${JSON.stringify(text)} differs from token ${at < 0 ? Math.min(a.length, b.length) : at} on`;
      return { name, passed: false, detail };
    }
    tokens += a.length;
  }
  return { name, passed: true, detail: `${tokens} tokens of ${texts.length} texts` };
}

/** Texts compared: those above, and a conversation where there is a template. */
async function textsOf(folder: string): Promise<string[]> {
  const template = await findChatTemplate(folder);
  return template ? [...TEXTS, template.render(CONVERSATION, { generationPrompt: true })] : TEXTS;
}

/** What the export's files give in Lathe, token for token. */
export async function compareTokens(source: string, exported: string): Promise<Check> {
  const [a, b] = [await findTokenizer(source), await findTokenizer(exported)];
  const name = 'same tokens';
  if (!a || !b) {
    return { name, passed: a === b, detail: a === b ? 'the model has no tokenizer' : 'the tokenizer was lost' };
  }
  const encode = (tokenizer: Tokenizer) => (text: string) => [...tokenizer.encode(text, { special: true })];
  return compare(name, encode(a), encode(b), await textsOf(source));
}

const readJson = async (folder: string, name: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(folder, name), 'utf8'));

/** What the export's files give in the libraries that transformers.js tokenizes and renders with. */
export async function compareInJavaScript(source: string, exported: string): Promise<Check[]> {
  const configuration = await readJson(exported, 'tokenizer_config.json');
  const theirs = new JavaScriptTokenizer(await readJson(exported, 'tokenizer.json'), configuration);
  const ours = await loadTokenizer(source);
  const checks = [
    compare(
      "same tokens in transformers.js' tokenizer",
      (text) => [...ours.encode(text, { special: true })],
      (text) => theirs.encode(text).ids,
      await textsOf(source),
    ),
  ];
  const template = await findChatTemplate(source);
  if (!template) return checks;
  const expected = template.render(CONVERSATION, { generationPrompt: true });
  const tokens = ['bos', 'eos', 'pad', 'unk'].map((name) => `${name}_token`);
  const actual = new Template(String(configuration.chat_template)).render({
    ...CONVERSATION,
    ...Object.fromEntries(tokens.flatMap((name) => tokenEntry(name, configuration[name]))),
    add_generation_prompt: true,
  });
  return [
    ...checks,
    {
      name: "same template text in transformers.js' engine",
      passed: expected === actual,
      detail: `${expected.length} characters`,
    },
  ];
}

function tokenEntry(name: string, value: unknown): [string, string][] {
  const text = tokenText(value);
  return text === undefined ? [] : [[name, text]];
}
