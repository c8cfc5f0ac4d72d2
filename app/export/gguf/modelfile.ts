/** The Modelfile that `ollama create` reads beside a GGUF: file, template, where answers end, sampling. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChatTemplate, findChatTemplate, type Message } from '../../models/chat-template.ts';
import type { StoredModel } from '../../models/stored.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';

/** What a template puts around messages, where that depends on nothing but the role. */
interface Wrapping {
  readonly before: Readonly<Record<Role, string>>;
  readonly after: Readonly<Record<Role, string>>;
  /** Stands first where the conversation has no system message. */
  readonly prelude: string;
  /** The beginning of an answer. */
  readonly answer: string;
}

const ROLES = ['system', 'user', 'assistant'] as const;
type Role = (typeof ROLES)[number];

const MARKS = { system: 'Sysmark', user: 'Usermark', assistant: 'Botmark' } as const;
const say = (...roles: readonly Role[]): Message[] => roles.map((role) => ({ role, content: MARKS[role] }));

const NAMES = { temperature: 'temperature', top_p: 'top_p', top_k: 'top_k', repetition_penalty: 'repeat_penalty' };
/** Longer ones would take gigabytes of cache that most conversations never fill. */
const CONTEXT = 8192;

/** @param file name of the GGUF in the same folder */
export async function modelfile(model: StoredModel, file: string): Promise<string> {
  const tokenizer = await loadTokenizer(model.folder);
  const template = await findChatTemplate(model.folder);
  // Ollama puts the first token before the prompt itself.
  const bos = tokenizer.bosId === undefined ? undefined : tokenizer.idToToken(tokenizer.bosId);
  const wrapping = template && findWrapping(template, bos);
  const goTemplate = wrapping && toGo(wrapping);
  const lines = [`FROM ./${file}`, ''];
  if (goTemplate !== undefined) lines.push(`TEMPLATE """${goTemplate}"""`, '');
  else if (template) {
    lines.push("# The model's template cannot be said in Ollama's language: Ollama looks for it in the GGUF file.", '');
  }
  const stops = tokenizer.stopIds.flatMap((id) => tokenizer.idToToken(id) ?? []);
  lines.push(...stops.map((token) => `PARAMETER stop ${JSON.stringify(token)}`));
  const settings = await readFile(join(model.folder, 'generation_config.json'), 'utf8').then(JSON.parse, () => ({}));
  for (const [from, to] of Object.entries(NAMES))
    if (typeof settings[from] === 'number') lines.push(`PARAMETER ${to} ${settings[from]}`);
  lines.push(`PARAMETER num_ctx ${Math.min(model.config.maxLength, CONTEXT)}`);
  return `${lines.join('\n')}\n`;
}

/**
 * Renders conversations that grow by a message and takes the differences; undefined where messages put together that way are not
 * what the template renders (it trims, counts turns, refuses system messages).
 */
export function findWrapping(template: ChatTemplate, bos: string | undefined): Wrapping | undefined {
  try {
    const render = (messages: readonly Message[], generationPrompt = false) => {
      const text = template.render({ messages }, { generationPrompt });
      return bos !== undefined && text.startsWith(bos) ? text.slice(bos.length) : text;
    };
    const [two, three, four] = [
      render(say('system', 'user')),
      render(say('system', 'user', 'assistant')),
      render(say('system', 'user', 'assistant', 'user')),
    ];
    const around = (text: string, role: Role) => text.split(MARKS[role]) as [string, string];
    const [beforeBot, afterBot] = around(three.slice(two.length), 'assistant');
    const [beforeUser, afterUser] = around(four.slice(three.length), 'user');
    const user = `${beforeUser}${MARKS.user}${afterUser}`;
    const [beforeSystem, afterSystem] = around(two.slice(0, two.length - user.length), 'system');
    const alone = render(say('user'));
    const wrapping: Wrapping = {
      before: { system: beforeSystem, user: beforeUser, assistant: beforeBot },
      after: { system: afterSystem, user: afterUser, assistant: afterBot },
      prelude: alone.slice(0, alone.length - user.length),
      answer: render(say('system', 'user'), true).slice(two.length),
    };
    const conversations: Role[][] = [
      ['user'],
      ['system', 'user'],
      ['user', 'assistant', 'user'],
      ['system', 'user', 'assistant', 'user', 'assistant', 'user'],
    ];
    const same = conversations.every((roles) => wrap(wrapping, roles) === render(say(...roles), true));
    return same ? wrapping : undefined;
  } catch {
    // A template may refuse any of these conversations, with words of its own.
    return undefined;
  }
}

const wrap = ({ before, after, prelude, answer }: Wrapping, roles: readonly Role[]): string =>
  (roles[0] === 'system' ? '' : prelude) +
  roles.map((role) => `${before[role]}${MARKS[role]}${after[role]}`).join('') +
  answer;

/** Undefined where a text would be read as part of Go's language or as the end of the template. */
function toGo({ before, after, prelude, answer }: Wrapping): string | undefined {
  const texts = [...Object.values(before), ...Object.values(after), prelude, answer];
  if (texts.some((text) => text.includes('{{') || text.includes('}}') || text.includes('"""'))) return undefined;
  const first = prelude === '' ? '' : `{{ if ne (index .Messages 0).Role "system" }}${prelude}{{ end }}`;
  const branches = ROLES.map(
    (role, i) => `{{ ${i === 0 ? 'if' : 'else if'} eq .Role "${role}" }}${before[role]}{{ .Content }}${after[role]}`,
  );
  return `${first}{{ range .Messages }}${branches.join('')}{{ end }}{{ end }}${answer}`;
}
