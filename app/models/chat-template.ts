/** Turns a conversation into the text that a model was trained on, with the template that came with it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { type Node, parseTemplate } from './templates/ast.ts';
import { interpret } from './templates/interpreter.ts';
import { strftime } from './templates/strftime.ts';
import { fromData, type Value } from './templates/values.ts';
import { tokenText } from './tokenizer.ts';

/** One message: `role` and `content`, and whatever else the template knows (tool_calls, name, …). */
export type Message = Readonly<Record<string, unknown>>;

/** The template's variables. */
export interface Conversation {
  readonly messages: readonly Message[];
  readonly tools?: readonly unknown[];
  readonly [variable: string]: unknown;
}

export interface RenderOptions {
  /** End with the beginning of the assistant's answer. */
  readonly generationPrompt?: boolean;
  /** Which of several named templates; without it "tool_use" when there are tools and the model has that, else "default". */
  readonly name?: string;
}

/** Variables that transformers takes from tokenizer_config.json. */
const TOKENS = ['bos', 'eos', 'pad', 'unk', 'sep', 'cls', 'mask'].map((name) => `${name}_token`);

export class ChatTemplate {
  /** The sources by name; a model with a single template calls it "default". */
  readonly sources: ReadonlyMap<string, string>;
  readonly #programs = new Map<string, readonly Node[]>();
  readonly #tokens: ReadonlyMap<string, Value>;

  constructor(sources: ReadonlyMap<string, string>, tokens: Readonly<Record<string, unknown>> = {}) {
    this.sources = sources;
    const known = new Map<string, Value>();
    for (const name of TOKENS) {
      const text = tokenText(tokens[name]);
      if (text !== undefined) known.set(name, text);
    }
    this.#tokens = known;
  }

  /** @throws UserError template/failed, also with the message that the template itself raises */
  render(conversation: Conversation, options: RenderOptions = {}): string {
    const variables = new Map<string, Value>(this.#tokens);
    // transformers passes these always, as None where they are not given.
    for (const name of ['tools', 'documents']) variables.set(name, null);
    for (const [name, value] of Object.entries(conversation))
      if (value !== undefined) variables.set(name, fromData(value));
    variables.set('add_generation_prompt', options.generationPrompt === true);
    const program = this.#program(this.#choose(options.name, conversation.tools !== undefined));
    return guarded(() => interpret(program, variables, { strftime: (format) => strftime(new Date(), format) }));
  }

  #choose(name: string | undefined, tools: boolean): string {
    const wanted = name ?? (tools && this.sources.has('tool_use') ? 'tool_use' : 'default');
    if (this.sources.has(wanted)) return wanted;
    const known = [...this.sources.keys()].join(', ');
    throw new UserError('template/missing', `this model has no chat template named "${wanted}" (it has: ${known})`);
  }

  #program(name: string): readonly Node[] {
    let program = this.#programs.get(name);
    if (!program) {
      program = guarded(() => parseTemplate(this.sources.get(name)!));
      this.#programs.set(name, program);
    }
    return program;
  }
}

/** The library's parser throws plain errors, and a deeply nested template overflows the stack: both are the template's fault. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError('template/failed', `the chat template cannot be used: ${reason}`, { cause });
  }
}

/**
 * Reads the chat template of a model folder: chat_template.jinja, else the one inside
 * tokenizer_config.json.
 * @throws UserError template/missing, template/failed, tokenizer/invalid
 */
export async function loadChatTemplate(folder: string): Promise<ChatTemplate> {
  const template = await findChatTemplate(folder);
  if (!template) throw new UserError('template/missing', `${folder} has no chat template`);
  return template;
}

/** As `loadChatTemplate`, but undefined for a model that has no template. */
export async function findChatTemplate(folder: string): Promise<ChatTemplate | undefined> {
  const configuration = parseConfiguration(await readText(join(folder, 'tokenizer_config.json')), folder);
  const sources = readSources(configuration.chat_template);
  const file = await readText(join(folder, 'chat_template.jinja'));
  if (file !== undefined) sources.set('default', file);
  return sources.size > 0 ? new ChatTemplate(sources, configuration) : undefined;
}

function readSources(value: unknown): Map<string, string> {
  const sources = new Map<string, string>();
  if (typeof value === 'string') sources.set('default', value);
  else if (Array.isArray(value))
    for (const entry of value as readonly { name?: unknown; template?: unknown }[])
      if (typeof entry?.name === 'string' && typeof entry.template === 'string')
        sources.set(entry.name, entry.template);
  return sources;
}

function parseConfiguration(text: string | undefined, folder: string): Record<string, unknown> {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw new UserError('tokenizer/invalid', `${folder}/tokenizer_config.json is not valid JSON`, { cause });
  }
  throw new UserError('tokenizer/invalid', `${folder}/tokenizer_config.json does not hold an object`);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new UserError('file/not-allowed', `${file} cannot be read`, { cause });
  }
}
