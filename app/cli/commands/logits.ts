/** `lathe logits`: what a model returns for given token ids, for comparing with other implementations. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { defineCommand } from '../command.ts';

export const logits = defineCommand({
  name: 'logits',
  summary: 'Compute what a model returns for token ids: logits or hidden states',
  example: 'lathe logits my-model --ids ids.safetensors --out logits.safetensors',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: z.object({
    ids: z
      .string()
      .describe(
        'safetensors file with input_ids [batch, length], optionally attention_mask, token_type_ids, decoder_input_ids',
      ),
    out: z.string().describe('safetensors file to write'),
  }),
  async run([reference], { ids, out }, { home, threads, signal }) {
    const [{ resolveModel }, { openModel }, { runModel }, weights, { writeSafetensors }] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/model.ts'),
      import('../../models/score.ts'),
      import('../../models/weights/constants.ts'),
      import('../../models/weights/safetensors-writer.ts'),
    ]);
    const model = await openModel(await resolveModel(reference, home));
    const given = await weights.safetensorsConstants(ids);
    const read = async (name: string) => {
      const constant = given.get(name);
      return constant && (await weights.readConstant(constant));
    };
    const inputIds = await read('input_ids');
    if (inputIds?.shape.length !== 2)
      throw new UserError('arguments/invalid', `${ids} has no input_ids [batch, length]`);
    const results = await runModel(
      model,
      {
        input_ids: inputIds,
        attention_mask: await read('attention_mask'),
        token_type_ids: await read('token_type_ids'),
        decoder_input_ids: await read('decoder_input_ids'),
      },
      { threads, signal },
    );
    const tensors = Object.entries(results);
    await writeSafetensors(
      out,
      tensors.map(([name, { dtype, shape, data }]) => ({ name, dtype, shape, produce: () => data })),
    );
    return { out, outputs: Object.fromEntries(tensors.map(([name, { shape }]) => [name, shape])) };
  },
  print: ({ out, outputs }) =>
    Object.entries(outputs)
      .map(([name, shape]) => `${name} [${shape.join(', ')}] in ${out}`)
      .join('\n'),
});
