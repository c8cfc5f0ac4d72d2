/** `lathe render`: a conversation through the model's chat template. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { defineCommand } from '../command.ts';
import { readJson } from '../read-json.ts';

const conversation = z.looseObject({ messages: z.array(z.record(z.string(), z.unknown())) });

export const render = defineCommand({
  name: 'render',
  summary: 'Render messages with the chat template of a model',
  example: 'lathe render my-model --messages chat.json --generation-prompt',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: z.object({
    messages: z.string().describe('JSON file: an array of messages, or an object with messages, tools, …'),
    generationPrompt: z.boolean().default(false).describe('End with the start of the answer'),
  }),
  async run([reference], { messages, generationPrompt }, { home }) {
    const [{ resolveModel }, { loadChatTemplate }] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/chat-template.ts'),
    ]);
    const json = await readJson(messages);
    const parsed = conversation.safeParse(Array.isArray(json) ? { messages: json } : json);
    if (!parsed.success) throw new UserError('arguments/invalid', `${messages} holds no messages`);
    const template = await loadChatTemplate(await resolveModel(reference, home));
    return { text: template.render(parsed.data, { generationPrompt }) };
  },
  print: ({ text }) => text,
});
