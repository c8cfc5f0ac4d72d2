/** `lathe datasets check`: what a data set holds, what is wrong with it, how many tokens it has. */
import { z } from 'zod';
import { defineCommand } from '../command.ts';

export const datasetsCheck = defineCommand({
  name: 'datasets check',
  summary: 'Look through a data set: format, rows, problems, tokens',
  example: 'lathe datasets check chats.jsonl --model smollm2-135m-instruct',
  arguments: [{ name: 'file', help: 'file or folder' }],
  options: z.object({
    model: z.string().optional().describe('Count tokens as this model does'),
    format: z.string().optional().describe('Format of the data, where it is not recognised'),
    maxLength: z.number().int().min(8).optional().describe('Report examples longer than this'),
  }),
  async run([file], { model, format, maxLength }, { home }) {
    const [{ checkDataset }, { resolveModel }] = await Promise.all([
      import('../../datasets/index.ts'),
      import('../../models/library.ts'),
    ]);
    const folder = model === undefined ? undefined : await resolveModel(model, home);
    return { ...(await checkDataset(file, { model: folder, format, maxLength })) };
  },
  print({ format, rows, usableRows, duplicates, problems, problemCount, tokens }) {
    const lines = [
      `${rows} rows (${format}), ${usableRows} usable, ${duplicates} duplicates, ${problemCount} problems`,
    ];
    for (const { row, code, message } of problems.slice(0, 10)) lines.push(`  row ${row}: ${message} [${code}]`);
    if (problemCount > 10) lines.push(`  … and ${problemCount - 10} more`);
    if (tokens) {
      const share = ((100 * tokens.supervised) / tokens.total).toFixed(0);
      lines.push(
        `${tokens.total} tokens, ${share} % teach; a row has ${tokens.p50} (median), ${tokens.p95} (95 %), at most ${tokens.max}`,
      );
    }
    return lines.join('\n');
  },
});
