/** `lathe generate`: text after a prompt. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { Constraint } from '../../generate/batch/sequence.ts';
import type { Generation } from '../../generate/generate.ts';
import type { LogProbabilities } from '../../generate/log-probabilities.ts';
import type { Message } from '../../models/chat-template.ts';
import type { StoredModel } from '../../models/stored.ts';
import type { Tokenizer } from '../../models/tokenizer.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { kebab } from '../flags.ts';
import {
  cacheTypeFlag,
  deviceFlag,
  profileFlag,
  promptTypeFlag,
  samplingFlags,
  thresholdFlag,
} from '../sampling-flags.ts';

const flags = samplingFlags.extend({
  prompt: z.string().describe('The text to continue'),
  chat: z.boolean().default(false).describe('Ask through the chat template of the model'),
  draft: z
    .string()
    .optional()
    .describe(
      'Check drafts of this smaller model with the same tokens, or of the model’s own exits (exits): the same text, sooner',
    ),
  schema: z.string().optional().describe('File with a JSON schema that the answer must meet'),
  grammar: z
    .string()
    .optional()
    .describe('File with a grammar, in the notation of llama.cpp’s GBNF, that the answer must meet'),
  logprobs: z
    .number()
    .int()
    .min(0)
    .max(20)
    .optional()
    .describe('Tell how likely each token was, as natural logarithms, and this many of the likeliest beside it'),
  system: z.string().optional().describe('System message, with --chat'),
  device: deviceFlag,
  cacheType: cacheTypeFlag,
  promptType: promptTypeFlag,
  profile: profileFlag,
  threshold: thresholdFlag,
});
type Flags = z.infer<typeof flags>;

/** What only a decoder can do whose whole model answers. */
const WHOLE_DECODER = ['draft', 'speculate', 'schema', 'grammar', 'logprobs', 'device'] as const;
/** What these flags say where they ask for nothing. */
const NOT_ASKED: readonly unknown[] = [undefined, false, 'cpu'];

/** What --draft names where no other model is meant. */
const OWN_EXITS = 'exits';

interface Named {
  readonly text: string;
  readonly logProbability: number;
}
interface NamedToken extends Named {
  readonly top: readonly Named[];
}
type Result = Generation & {
  readonly logProbabilities?: readonly NamedToken[];
  /** Of a cascade: 1 where the small model answered. */
  readonly stage?: 1 | 2;
  /** Tokens that exits proposed, and those of them that were right. */
  readonly drafted?: number;
  readonly accepted?: number;
};

interface Prompt {
  readonly path: string;
  readonly model: StoredModel;
  readonly tokenizer: Tokenizer;
  readonly messages: readonly Message[];
  /** As the model reads it. */
  readonly text: string;
  readonly ids: readonly number[];
}

export const generate = defineCommand({
  name: 'generate',
  summary: 'Continue a prompt',
  example: 'lathe generate my-model --prompt "How do I water a cactus?" --chat --max-tokens 128',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: flags,
  async run([reference], options, context): Promise<Result> {
    const { resolveModel } = await import('../../models/library.ts');
    const prompt = await readPrompt(await resolveModel(reference, context.home), options);
    const { architecture } = prompt.model;
    const asked = WHOLE_DECODER.filter((flag) => !NOT_ASKED.includes(options[flag]));
    const without = asked.map((flag) => `--${kebab(flag)}`).join(', ');
    if (architecture.kind === 'encoder-decoder') {
      if (asked.length === 0 && options.threshold === undefined) return answerInput(prompt, options, context);
      const text = `${architecture.name} has an encoder and a decoder: ask without ${without || '--threshold'}`;
      throw new UserError('arguments/incompatible', text);
    }
    if (options.draft === OWN_EXITS && options.threshold === undefined) {
      const others = asked.filter((flag) => flag !== 'draft').map((flag) => `--${kebab(flag)}`);
      if (others.length === 0) return draftByExits(prompt, options, context);
      throw new UserError('arguments/incompatible', `exits draft alone: --draft exits without ${others.join(', ')}`);
    }
    if (asked.length === 0)
      return (await answerAdaptively(prompt, options, context)) ?? continueText(prompt, options, context);
    if (options.threshold === undefined) return continueText(prompt, options, context);
    throw new UserError(
      'arguments/incompatible',
      `exits and cascades take no drafts, no form and no device: --threshold without ${without}`,
    );
  },
  print({ text, decodeTokensPerSecond, logProbabilities, stage }: Result) {
    const lines = logProbabilities?.map(({ top, ...token }) => [token, ...top].map(shown).join('  '));
    const by = stage === undefined ? '' : `, by the ${stage === 1 ? 'small' : 'large'} model`;
    return [text, ...(lines ?? []), `(${decodeTokensPerSecond.toFixed(1)} tokens/s${by})`].join('\n');
  },
});

const shown = ({ text, logProbability }: Named): string => `${JSON.stringify(text)} ${logProbability.toFixed(3)}`;

async function readPrompt(path: string, { prompt, chat, system }: Flags): Promise<Prompt> {
  const [{ loadTokenizer }, { loadChatTemplate }, { openStored }] = await Promise.all([
    import('../../models/tokenizer.ts'),
    import('../../models/chat-template.ts'),
    import('../../models/stored.ts'),
  ]);
  const tokenizer = await loadTokenizer(path);
  const messages = [...(system ? [{ role: 'system', content: system }] : []), { role: 'user', content: prompt }];
  const text = chat ? (await loadChatTemplate(path)).render({ messages }, { generationPrompt: true }) : prompt;
  // A template writes the special tokens itself.
  const ids = tokenizer.encode(text, { special: !chat });
  return { path, model: await openStored(path), tokenizer, messages, text, ids };
}

/** By a model with an encoder and a decoder. */
async function answerInput({ path, tokenizer, text }: Prompt, options: Flags, context: CommandContext) {
  const [{ Answerer, answerText }, { openModel }, { closedSide }] = await Promise.all([
    import('../../generate/answerer.ts'),
    import('../../models/model.ts'),
    import('../../datasets/index.ts'),
  ]);
  // As training closes its inputs.
  const input = closedSide(text, tokenizer).ids;
  const { threads, signal } = context;
  const answerer = await Answerer.open(await openModel(path), { threads });
  try {
    return await answerText(answerer, tokenizer, input, { ...options, stopIds: tokenizer.stopIds, signal });
  } finally {
    answerer.dispose();
  }
}

/** By two models, or by the exits of one; undefined for a folder without them, or where they need not answer. */
async function answerAdaptively(
  { path, tokenizer, messages, ids }: Prompt,
  options: Flags,
  { threads, signal, streamText }: CommandContext,
): Promise<Generation | undefined> {
  const { maxTokens, threshold, stop } = options;
  if (options.chat) {
    const { openChatCascade } = await import('../../generate/cascade-text.ts');
    const cascade = await openChatCascade(path, options, { threads, threshold });
    if (cascade) {
      try {
        return await cascade.answer(messages, { maxTokens, stop, signal }, streamText);
      } finally {
        cascade.dispose();
      }
    }
  }
  const { openAdaptiveWriter } = await import('../../generate/adaptive-text.ts');
  const maxLength = ids.length + maxTokens;
  const writer = await openAdaptiveWriter(path, options, { threads, maxLength, threshold });
  if (!writer) return undefined;
  try {
    return await writer.write(tokenizer, ids, { ...options, stopIds: tokenizer.stopIds, signal }, streamText);
  } finally {
    writer.dispose();
  }
}

/** By the whole of a decoder, for which its exits draft. */
async function draftByExits(
  { model, tokenizer, ids }: Prompt,
  options: Flags,
  { threads, signal, streamText }: CommandContext,
): Promise<Result> {
  const { writeWithOwnDrafts } = await import('../../generate/own-drafts-text.ts');
  const writing = { ...options, stopIds: tokenizer.stopIds, signal };
  const settings = { threads, maxLength: ids.length + options.maxTokens };
  return writeWithOwnDrafts(model, tokenizer, ids, writing, settings, streamText);
}

/** By the whole of a decoder. */
async function continueText(
  { path, model, tokenizer, ids }: Prompt,
  { draft, device, cacheType, promptType, profile, logprobs, ...options }: Flags,
  { home, threads, signal, streamText }: CommandContext,
): Promise<Result> {
  const [{ resolveModel }, { Decoder }, { generateText }, { openDraft }, run] = await Promise.all([
    import('../../models/library.ts'),
    import('../../generate/decoder.ts'),
    import('../../generate/generate.ts'),
    import('../../generate/draft-model.ts'),
    import('../../models/run-profile.ts'),
  ]);
  const constraint = await readConstraint(options, tokenizer);
  const drafts = draft === undefined ? undefined : await openDraft(await resolveModel(draft, home), tokenizer);
  const stored = profile === 'none' ? {} : await run.storedSettings(path);
  const settings = run.withFlags(stored, { device, threads, cacheType, promptType });
  const maxLength = ids.length + options.maxTokens;
  const decoder = await Decoder.open(model, { ...settings, maxLength });
  const drafter = drafts && (await Decoder.open(drafts, { threads, maxLength }));
  const tokens: LogProbabilities[] = [];
  const certainty =
    logprobs === undefined ? undefined : { top: logprobs, onToken: (one: LogProbabilities) => tokens.push(one) };
  const drafting = !constraint && !certainty && (await run.draftsBy(settings, options, decoder));
  const speculate = drafter ?? (options.speculate || drafting);
  const writing = { ...options, constraint, certainty, speculate, stopIds: tokenizer.stopIds, signal };
  try {
    const written = await generateText(decoder, tokenizer, ids, writing, streamText);
    return certainty
      ? { ...written, logProbabilities: await named(tokens.slice(0, written.ids.length), tokenizer) }
      : written;
  } finally {
    drafter?.dispose();
    decoder.dispose();
  }
}

async function readConstraint(
  { schema, grammar }: Pick<Flags, 'schema' | 'grammar'>,
  tokenizer: Tokenizer,
): Promise<Constraint | undefined> {
  const file = schema ?? grammar;
  if (file === undefined) return undefined;
  if (schema !== undefined && grammar !== undefined) {
    throw new UserError('arguments/incompatible', 'give a --schema or a --grammar');
  }
  const { schemaConstraint, grammarConstraint } = await import('../../generate/constrain/written-constraint.ts');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError('file/not-found', `${file} cannot be read`, { cause });
  });
  return schema === undefined ? grammarConstraint(text, tokenizer) : schemaConstraint(text, tokenizer);
}

async function named(tokens: readonly LogProbabilities[], tokenizer: Tokenizer): Promise<NamedToken[]> {
  const { tokenBytes } = await import('../../models/token-bytes.ts');
  const bytesOf = tokenBytes(tokenizer);
  const name = (id: number) => Buffer.from(bytesOf(id)).toString('utf8') || (tokenizer.idToToken(id) ?? '');
  return tokens.map(({ id, logProbability, top }) => ({
    id,
    text: name(id),
    logProbability,
    top: top.map((one) => ({ ...one, text: name(one.id) })),
  }));
}
