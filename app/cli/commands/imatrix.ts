/** `lathe imatrix`: how important each input of each layer is on some text, for GGUF exports here and in llama.cpp. */
import { basename } from 'node:path';
import { z } from 'zod';
import { defineCommand } from '../command.ts';

export const imatrix = defineCommand({
  name: 'imatrix',
  summary: 'Measure which inputs of a model matter, for better GGUF files',
  example: 'lathe imatrix my-model --data texts.txt --out my-model-imatrix.gguf',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: z.object({
    out: z.string().describe('File to write, as llama.cpp reads it'),
    data: z.string().optional().describe('Data set or text (default: a sample)'),
    format: z.string().optional().describe('Format of the data, where it is not recognised'),
    tokens: z.number().int().min(16).default(32768).describe('Tokens of text to look at'),
  }),
  async run([reference], { out, data, format, tokens }, { home, threads, signal, progress }) {
    const [{ resolveModel }, { openModel }, { calibrationText }, { importanceOf }, { writeImportance }] =
      await Promise.all([
        import('../../models/library.ts'),
        import('../../models/model.ts'),
        import('../../techniques/quantize/calibration-text.ts'),
        import('../../techniques/quantize/importance.ts'),
        import('../../models/weights/gguf/imatrix.ts'),
      ]);
    const model = await openModel(await resolveModel(reference, home));
    const longest = model.config.maxLength;
    const text = await calibrationText(model.folder, {
      file: data,
      format,
      tokens,
      longest,
      reserved: { tokens: 0, rows: 0 },
    });
    const bar = progress('Layers', model.config.layers, 'layers');
    const dataset = data === undefined ? 'sample' : basename(data);
    const onLayer = (done: number) => bar.update(done);
    const importance = await importanceOf(model, text.windows, { threads, signal, dataset, onLayer });
    bar.end();
    await writeImportance(out, importance);
    return { path: out, tokens: text.tokens, weights: importance.columns.size, notes: text.notes };
  },
  print: ({ path, tokens, weights, notes }) =>
    [`${weights} weights over ${tokens} tokens`, ...notes, '', `importance  ${path}`].join('\n'),
});
