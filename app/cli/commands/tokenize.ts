/** `lathe tokenize`: texts to token ids. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { defineCommand } from '../command.ts';
import { readJson } from '../read-json.ts';

export const tokenize = defineCommand({
  name: 'tokenize',
  summary: 'Turn texts into token ids',
  example: 'lathe tokenize my-model --input texts.json',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: z.object({
    input: z.string().describe('JSON file: an array of strings'),
    special: z.boolean().default(false).describe('Add the special tokens the model expects around a text'),
  }),
  async run([reference], { input, special }, { home }) {
    const [{ resolveModel }, { loadTokenizer }] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/tokenizer.ts'),
    ]);
    const texts = z.array(z.string()).safeParse(await readJson(input));
    if (!texts.success) throw new UserError('arguments/invalid', `${input} is not an array of strings`);
    const tokenizer = await loadTokenizer(await resolveModel(reference, home));
    return { ids: texts.data.map((text) => Array.from(tokenizer.encode(text, { special }))) };
  },
  print: ({ ids }) => ids.map((row) => row.join(' ')).join('\n'),
});
