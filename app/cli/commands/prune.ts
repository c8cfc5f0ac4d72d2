/** `lathe prune`: remove what matters least, measured before and after. */
import { join } from 'node:path';
import { z } from 'zod';
import { isUnstructured, pruneSchema } from '../../techniques/prune/schema.ts';
import { columnsFlag, readColumns } from '../columns.ts';
import { defineCommand } from '../command.ts';
import { printEncoder } from '../pruned-encoder-report.ts';
import { printNetwork } from '../pruned-network-report.ts';
import { measureReport, type Report, reportTable } from '../report.ts';
import { qualityRequest } from '../training-data.ts';
import { watchDistillation } from '../training-watch.ts';

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
    text: z.string().default('text').describe('Classifiers: column of the texts'),
    label: z.string().default('label').describe('Classifiers: column of the classes'),
    eval: z.string().optional().describe('Measure quality on this data set or text instead'),
    evalExamples: z.number().int().positive().default(100).describe('Most examples that quality is measured on'),
    measure: z.boolean().default(true).describe('Measure the model before and after'),
  }),
  async run([reference], given, context) {
    const { out, data, format, columns, text, label, eval: evaluation, evalExamples, measure, ...options } = given;
    const [
      { resolveModel },
      { openModel },
      { pruneAndRecover },
      { recordReport },
      { modelSize },
      { compressedSize },
      calibration,
      training,
      { recoverPruned },
      { findOnnx },
      { latencyOf },
    ] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/model.ts'),
      import('../../techniques/prune/prune-and-recover.ts'),
      import('../../models/lineage.ts'),
      import('../../models/size.ts'),
      import('../../models/compressed-size.ts'),
      import('../calibration-data.ts'),
      import('../training-data.ts'),
      import('../recover-pruned.ts'),
      import('../../models/onnx-folder.ts'),
      import('../latency.ts'),
    ]);
    const path = await resolveModel(reference, context.home);
    const network = await findOnnx(path);
    if (network.length > 0) {
      const { pruneAndCompare } = await import('../prune-network.ts');
      const { threads, signal } = context;
      return await pruneAndCompare(network, out, options, { threads, signal, data, format });
    }
    const model = await openModel(path);
    if (model.architecture.kind === 'encoder') {
      const { pruneEncoder } = await import('../prune-encoder.ts');
      return await pruneEncoder(model, out, options, { file: data, format, text, label }, context);
    }
    const reading = { format, columns: readColumns(columns) };
    const { threads, signal } = context;
    const bar = context.progress('Pruning', 100, '%');
    const recovers = options.recover !== 'none';
    const file = data ?? calibration.CALIBRATION_TEXT;
    // What is learnt from must not be what is measured on: rows are kept apart, and another text is taken for a text.
    const held = recovers && evaluation === undefined ? HELD_OUT : 0;
    const apart = recovers && /\.(txt|md)$/i.test(file) && format === undefined ? undefined : data;
    const rows = { ...reading, maxLength: options.recoverLength, heldOut: held, seed: 0, lossOn: 'all' as const };
    const quality = qualityRequest(evaluation ?? apart ?? calibration.EVALUATION_TEXT, {
      ...(evaluation === undefined ? { ...reading, ...(recovers ? rows : {}) } : {}),
      limit: evalExamples,
    });
    const before = measure ? await measureReport('Before', path, quality, context) : undefined;
    const watch = watchDistillation(context, false, 'predictions');
    let pruned: Report | undefined;
    const result = await pruneAndRecover(model, out, options, {
      calibration: (folder) => calibration.calibrationSequences(folder, data, reading, context),
      threads,
      signal,
      latency: (folder, kind) => latencyOf(folder, kind, context),
      onProgress: (done, total) => bar.update(Math.round((100 * done) / total)),
      async onPruned(folder) {
        bar.end();
        if (measure) pruned = await measureReport('Pruned', folder, quality, context);
      },
      recover: (cut, folder, steps) =>
        recoverPruned(cut, model, folder, options, steps, {
          ...watch.training,
          training: async (from) => (await training.loadTrainingData(from, file, rows, context)).data,
          teachers: join(context.home, 'cache', 'teachers'),
        }),
    });
    bar.end();
    watch.end();
    const after = measure ? await measureReport('After', result.model, quality, context) : undefined;
    // Zeros take as much room as other weights until somebody compresses the file.
    const compressed = isUnstructured(options.method)
      ? {
          compressedSizeBytesBefore: await compressedSize(path, signal),
          compressedSizeBytesAfter: await compressedSize(result.model, signal),
        }
      : {};
    await recordReport(result.model, { before, pruned, after });
    return {
      ...result,
      sizeBytesBefore: await modelSize(path),
      sizeBytesAfter: await modelSize(result.model),
      ...compressed,
      ...curveOf(result.removed),
      before,
      pruned,
      after,
      ...regained(before, pruned, after),
    };
  },
  print(result) {
    if ('whole' in result) return printNetwork(result);
    if ('encoder' in result) return printEncoder(result);
    const {
      model,
      removed,
      parametersBefore,
      parametersAfter,
      sizeBytesBefore,
      sizeBytesAfter,
      before,
      pruned,
      after,
      recovery,
      ...rest
    } = result;
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
    if (recovery) {
      const { method, steps, losses, seconds, rounds } = recovery;
      const turns = rounds > 1 ? `, in ${rounds} rounds` : '';
      lines.push(
        `recovered by ${method} in ${steps} steps${turns} and ${seconds.toFixed(1)} s: loss ${losses[0].toFixed(4)} -> ${losses.at(-1)?.toFixed(4)}`,
      );
    }
    if (rest.regained !== undefined)
      lines.push(`${(100 * rest.regained).toFixed(0)} % of the lost log-perplexity regained`);
    if (rest.latency) {
      const { kind, target, before: from, after: to, reached } = rest.latency;
      const what = kind === 'token' ? 'a token takes' : 'the first token takes';
      lines.push(`${what} ${from.toFixed(2)} -> ${to.toFixed(2)} ms, ${reached ? 'within' : 'NOT within'} ${target}`);
    }
    if (before && after) {
      const middle: [string, Report][] = pruned ? [['pruned', pruned]] : [];
      lines.push('', reportTable([['before', before], ...middle, ['after', after]]));
    }
    return [...lines, '', `model  ${model}`].join('\n');
  },
});

/** Perplexity of the calibration text against layers removed, where every step was tried. */
function curveOf({ perplexities }: Readonly<Record<string, unknown>>) {
  if (!Array.isArray(perplexities)) return {};
  return { curve: perplexities.map((perplexity: number, layers) => ({ layers, perplexity })) };
}

/** Share of a data set's rows that recovery does not see. */
const HELD_OUT = 0.05;

/** How much of what pruning cost in log-perplexity recovery brought back; nothing where pruning cost nothing. */
function regained(before?: Report, pruned?: Report, after?: Report): { regained?: number } {
  const [from, low, to] = [before, pruned, after].map((report) => Math.log(report?.perplexity ?? Number.NaN));
  return low > from && Number.isFinite(to) ? { regained: (low - to) / (low - from) } : {};
}

/** "layers 3, 5 of 30" */
function words({ of, ...parts }: Readonly<Record<string, unknown>>): string {
  const counts = Object.entries(parts).filter(
    ([key]) => !['influence', 'perplexities', 'turns', 'used', 'shares'].includes(key),
  );
  return `${counts.map(([key, value]) => `${key} ${[value].flat().join(', ')}`).join(', ')} of ${String(of)}`;
}
