/** `lathe chat`: a conversation on the terminal. */
import { createInterface } from 'node:readline/promises';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { defineCommand } from '../command.ts';
import { deviceFlag, profileFlag, samplingFlags, thresholdFlag } from '../sampling-flags.ts';

export const chat = defineCommand({
  name: 'chat',
  summary: 'Talk with a model (empty line or Ctrl+D ends)',
  example: 'lathe chat smollm2-135m-instruct --temperature 0.7 --top-p 0.9',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: samplingFlags.extend({
    system: z.string().optional().describe('System message'),
    device: deviceFlag,
    profile: profileFlag,
    threshold: thresholdFlag,
  }),
  async run([reference], { system, device, profile, threshold, ...options }, { home, threads, signal }) {
    const [
      { resolveModel },
      { openStored },
      { Decoder },
      { generateText },
      { openAdaptiveWriter },
      { openChatCascade },
      { loadTokenizer },
      { loadChatTemplate },
      run,
    ] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/stored.ts'),
      import('../../generate/decoder.ts'),
      import('../../generate/generate.ts'),
      import('../../generate/adaptive-text.ts'),
      import('../../generate/cascade-text.ts'),
      import('../../models/tokenizer.ts'),
      import('../../models/chat-template.ts'),
      import('../../models/run-profile.ts'),
    ]);
    const path = await resolveModel(reference, home);
    const [tokenizer, template] = [await loadTokenizer(path), await loadChatTemplate(path)];
    const stored = run.withFlags(profile === 'none' ? {} : await run.storedSettings(path), { device, threads });
    const model = await openStored(path);
    const maxLength = model.config.maxLength;
    const settings = { threads, maxLength, threshold };
    const elsewhere = device !== undefined && device !== 'cpu';
    if (elsewhere && threshold !== undefined) {
      throw new UserError('arguments/incompatible', 'exits take no device: --threshold without --device');
    }
    const cascade = elsewhere ? undefined : await openChatCascade(path, options, settings);
    const writer = cascade || elsewhere ? undefined : await openAdaptiveWriter(path, options, settings);
    const decoder = cascade || writer ? undefined : await Decoder.open(model, stored);
    const speculate = decoder && (options.speculate || (await run.draftsBy(stored, options, decoder)));
    const messages: { role: string; content: string }[] = system ? [{ role: 'system', content: system }] : [];
    const terminal = createInterface({ input: process.stdin, output: process.stderr, terminal: process.stdin.isTTY });
    try {
      terminal.setPrompt('> ');
      terminal.prompt();
      for await (const line of terminal) {
        if (line.trim() === '') break;
        messages.push({ role: 'user', content: line });
        const ids = tokenizer.encode(template.render({ messages }, { generationPrompt: true }));
        const writing = { ...options, speculate, stopIds: tokenizer.stopIds, signal };
        const show = (piece: string) => process.stderr.write(piece);
        const { text } = cascade
          ? await cascade.answer(messages, writing, show)
          : writer
            ? await writer.write(tokenizer, ids, writing, show)
            : await generateText(decoder!, tokenizer, ids, writing, show);
        messages.push({ role: 'assistant', content: text });
        process.stderr.write('\n');
        terminal.prompt();
      }
    } finally {
      terminal.close();
      cascade?.dispose();
      writer?.dispose();
      decoder?.dispose();
    }
    return { messages };
  },
  print: () => '',
});
