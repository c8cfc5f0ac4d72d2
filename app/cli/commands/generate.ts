/** `lathe generate`: text after a prompt. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { Constraint } from '../../generate/batch/sequence.ts';
import type { Tokenizer } from '../../models/tokenizer.ts';
import { defineCommand } from '../command.ts';
import { cacheTypeFlag, profileFlag, promptTypeFlag, samplingFlags, thresholdFlag } from '../sampling-flags.ts';

export const generate = defineCommand({
  name: 'generate',
  summary: 'Continue a prompt',
  example: 'lathe generate my-model --prompt "How do I water a cactus?" --chat --max-tokens 128',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: samplingFlags.extend({
    prompt: z.string().describe('The text to continue'),
    chat: z.boolean().default(false).describe('Ask through the chat template of the model'),
    draft: z
      .string()
      .optional()
      .describe('Check drafts of this smaller model with the same tokens: the same text, sooner'),
    schema: z.string().optional().describe('File with a JSON schema that the answer must meet'),
    system: z.string().optional().describe('System message, with --chat'),
    cacheType: cacheTypeFlag,
    promptType: promptTypeFlag,
    profile: profileFlag,
    threshold: thresholdFlag,
  }),
  async run(
    [reference],
    { prompt, chat, system, draft, schema, cacheType, promptType, profile, threshold, ...options },
    { home, threads, signal, streamText },
  ) {
    const [{ resolveModel }, { openStored }, { Decoder }, { generateText }, { openDraft }, tokenizers, templates, run] =
      await Promise.all([
        import('../../models/library.ts'),
        import('../../models/stored.ts'),
        import('../../generate/decoder.ts'),
        import('../../generate/generate.ts'),
        import('../../generate/draft-model.ts'),
        import('../../models/tokenizer.ts'),
        import('../../models/chat-template.ts'),
        import('../../models/run-profile.ts'),
      ]);
    const path = await resolveModel(reference, home);
    const tokenizer = await tokenizers.loadTokenizer(path);
    const messages = [...(system ? [{ role: 'system', content: system }] : []), { role: 'user', content: prompt }];
    const text = chat
      ? (await templates.loadChatTemplate(path)).render({ messages }, { generationPrompt: true })
      : prompt;
    // A template writes the special tokens itself.
    const ids = tokenizer.encode(text, { special: !chat });
    const stored = await openStored(path);
    if (stored.architecture.kind === 'encoder-decoder') {
      const [{ Answerer, answerText }, { openModel }, { closedSide }] = await Promise.all([
        import('../../generate/answerer.ts'),
        import('../../models/model.ts'),
        import('../../datasets/index.ts'),
      ]);
      // As training closes its inputs.
      const input = closedSide(text, tokenizer).ids;
      const answerer = await Answerer.open(await openModel(path), { threads });
      try {
        const stopIds = tokenizer.stopIds;
        return await answerText(answerer, tokenizer, input, { ...options, stopIds, signal });
      } finally {
        answerer.dispose();
      }
    }
    const maxLength = ids.length + options.maxTokens;
    if (draft === undefined && !options.speculate && schema === undefined) {
      if (chat) {
        const { openChatCascade } = await import('../../generate/cascade-text.ts');
        const cascade = await openChatCascade(path, options, { threads, threshold });
        if (cascade) {
          try {
            return await cascade.answer(messages, { maxTokens: options.maxTokens, signal }, streamText);
          } finally {
            cascade.dispose();
          }
        }
      }
      const { openAdaptiveWriter } = await import('../../generate/adaptive-text.ts');
      const writer = await openAdaptiveWriter(path, options, { threads, maxLength, threshold });
      if (writer) {
        try {
          return await writer.write(tokenizer, ids, { ...options, stopIds: tokenizer.stopIds, signal }, streamText);
        } finally {
          writer.dispose();
        }
      }
    } else if (threshold !== undefined) {
      throw new UserError(
        'arguments/incompatible',
        'exits take no drafts and no form: --threshold without --draft, --speculate and --schema',
      );
    }
    const constraint = schema === undefined ? undefined : await readConstraint(schema, tokenizer);
    const drafts = draft === undefined ? undefined : await openDraft(await resolveModel(draft, home), tokenizer);
    const settings = run.withFlags(profile === 'none' ? {} : await run.storedSettings(path), {
      threads,
      cacheType,
      promptType,
    });
    const decoder = await Decoder.open(stored, { ...settings, maxLength });
    const drafter = drafts && (await Decoder.open(drafts, { threads, maxLength }));
    try {
      return await generateText(
        decoder,
        tokenizer,
        ids,
        {
          ...options,
          constraint,
          speculate: drafter ?? (options.speculate || (!constraint && run.draftsBy(settings, options, decoder))),
          stopIds: tokenizer.stopIds,
          signal,
        },
        streamText,
      );
    } finally {
      drafter?.dispose();
      decoder.dispose();
    }
  },
  print: ({ text, decodeTokensPerSecond }) => `${text}\n(${decodeTokensPerSecond.toFixed(1)} tokens/s)`,
});

async function readConstraint(file: string, tokenizer: Tokenizer): Promise<Constraint> {
  const { schemaConstraint } = await import('../../generate/constrain/schema-constraint.ts');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError('file/not-found', `${file} cannot be read`, { cause });
  });
  return schemaConstraint(text, tokenizer);
}
