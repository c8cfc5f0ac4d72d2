/** `lathe logits`: what a model says of given token ids, for comparing with other implementations. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { defineCommand } from '../command.ts';

export const logits = defineCommand({
  name: 'logits',
  summary: 'Compute the logits of token ids',
  example: 'lathe logits my-model --ids ids.safetensors --out logits.safetensors',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: z.object({
    ids: z.string().describe('safetensors file with input_ids [batch, length], optionally attention_mask'),
    out: z.string().describe('safetensors file to write'),
  }),
  async run([reference], { ids, out }, { home, threads, signal }) {
    const [{ resolveModel }, { openModel }, { scoreSequences }, weights, { writeSafetensors }] = await Promise.all([
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
    const result = await scoreSequences(model, inputIds, await read('attention_mask'), { threads, signal });
    const { dtype, shape } = result;
    await writeSafetensors(out, [{ name: 'logits', dtype, shape, produce: () => result.data }]);
    return { out, shape };
  },
  print: ({ out, shape }) => `logits [${shape.join(', ')}] in ${out}`,
});
