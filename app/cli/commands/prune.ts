/** `lathe prune`: remove what matters least, measured before and after. */
import { z } from 'zod';
import { pruneSchema } from '../../techniques/prune/schema.ts';
import { columnsFlag, readColumns } from '../columns.ts';
import { defineCommand } from '../command.ts';
import { measureReport, reportTable } from '../report.ts';
import { qualityRequest } from '../training-data.ts';

export const prune = defineCommand({
  name: 'prune',
  summary: 'Remove the parts of a model that matter least',
  example: 'lathe prune my-model --method depth --amount 3 --data book.txt --out my-model-27-layers',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: pruneSchema.extend({
    out: z.string().describe('Folder to write'),
    data: z
      .string()
      .optional()
      .describe(
        'Data set or text that shows what matters, and by default measures quality (default: an embedded text)',
      ),
    format: z.string().optional().describe('Format of the data, where it is not recognised'),
    columns: columnsFlag,
    eval: z.string().optional().describe('Measure quality on this data set or text instead'),
    evalExamples: z.number().int().positive().default(100).describe('Most examples that quality is measured on'),
    measure: z.boolean().default(true).describe('Measure the model before and after'),
  }),
  async run([reference], { out, data, format, columns, eval: evaluation, evalExamples, measure, ...options }, context) {
    const [
      { resolveModel },
      { openModel },
      { prune },
      { recordReport },
      { modelSize },
      { compressedSize },
      calibration,
    ] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/model.ts'),
      import('../../techniques/prune/prune.ts'),
      import('../../models/lineage.ts'),
      import('../../models/size.ts'),
      import('../../models/compressed-size.ts'),
      import('../calibration-data.ts'),
    ]);
    const path = await resolveModel(reference, context.home);
    const model = await openModel(path);
    const reading = { format, columns: readColumns(columns) };
    const { threads, signal } = context;
    const bar = context.progress('Pruning', 100, '%');
    const result = await prune(model, out, options, {
      calibration: () => calibration.calibrationSequences(path, data, reading, context),
      threads,
      signal,
      onProgress: (done, total) => bar.update(Math.round((100 * done) / total)),
    });
    bar.end();
    const quality = qualityRequest(evaluation ?? data ?? calibration.EVALUATION_TEXT, {
      ...(evaluation === undefined ? reading : {}),
      limit: evalExamples,
    });
    const before = measure ? await measureReport('Before', path, quality, context) : undefined;
    const after = measure ? await measureReport('After', result.model, quality, context) : undefined;
    const unstructured = ['wanda', 'sparsegpt', 'magnitude'].includes(options.method);
    // Zeros take as much room as other weights until somebody compresses the file.
    const compressed = unstructured
      ? {
          compressedSizeBytesBefore: await compressedSize(path, signal),
          compressedSizeBytesAfter: await compressedSize(result.model, signal),
        }
      : {};
    await recordReport(result.model, { before, after });
    return {
      ...result,
      sizeBytesBefore: await modelSize(path),
      sizeBytesAfter: await modelSize(result.model),
      ...compressed,
      before,
      after,
    };
  },
  print({
    model,
    removed,
    parametersBefore,
    parametersAfter,
    sizeBytesBefore,
    sizeBytesAfter,
    before,
    after,
    ...rest
  }) {
    const mega = (n: number) => (n / 1e6).toFixed(1);
    const lines = [
      `removed  ${words(removed)}`,
      `${mega(parametersBefore)} -> ${mega(parametersAfter)} million parameters, ${mega(sizeBytesBefore)} -> ${mega(sizeBytesAfter)} MB`,
    ];
    if (rest.compressedSizeBytesBefore !== undefined && rest.compressedSizeBytesAfter !== undefined) {
      lines.push(
        'Zeros make neither the file smaller nor this runtime faster: only the compressed file, as for a download, shrinks:',
        `${mega(rest.compressedSizeBytesBefore)} -> ${mega(rest.compressedSizeBytesAfter)} MB compressed (gzip)`,
      );
    }
    if ('tokens' in removed) {
      lines.push(
        'Kept tokens have the same logits as before; perplexities over fewer tokens do not compare: take bits per byte.',
      );
    }
    if (before && after)
      lines.push(
        '',
        reportTable([
          ['before', before],
          ['after', after],
        ]),
      );
    return [...lines, '', `model  ${model}`].join('\n');
  },
});

/** "layers 3, 5 of 30" */
function words({ of, ...parts }: Readonly<Record<string, unknown>>): string {
  const counts = Object.entries(parts).filter(([key]) => !['influence', 'perplexities', 'used'].includes(key));
  return `${counts.map(([key, value]) => `${key} ${[value].flat().join(', ')}`).join(', ')} of ${String(of)}`;
}
