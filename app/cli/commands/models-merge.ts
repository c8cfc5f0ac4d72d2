/** `lathe models merge`: adapters that were kept apart, added to their model. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { defineCommand } from '../command.ts';
import { describeModel } from './models.ts';

export const modelsMerge = defineCommand({
  name: 'models merge',
  summary: 'Add one or more adapters to the model that they were trained on',
  example: 'lathe models merge starter --adapter style/adapter,facts/adapter --weight 1,0.5 --out both',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: z.object({
    adapter: z.array(z.string()).describe('Folders of PEFT adapters'),
    weight: z.array(z.number()).optional().describe('How much each counts (default: 1 each)'),
    out: z.string().describe('Folder to write'),
  }),
  async run([reference], { adapter, weight, out }, { home }) {
    const [{ resolveModel }, { openModel }, { mergeAdapters }, { modelFacts }] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/model.ts'),
      import('../../techniques/finetune/merge.ts'),
      import('../../models/facts.ts'),
    ]);
    if (weight && weight.length !== adapter.length) {
      throw new UserError('arguments/invalid', `--weight has ${weight.length} numbers for ${adapter.length} adapters`);
    }
    const model = await openModel(await resolveModel(reference, home));
    const adapters = adapter.map((folder, i) => ({ folder, weight: weight?.[i] ?? 1 }));
    await mergeAdapters(model, adapters, out);
    return modelFacts(resolve(out));
  },
  print: describeModel,
});
