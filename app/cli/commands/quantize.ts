/** `lathe quantize`: fewer bits for the weights, measured before and after. */
import { z } from 'zod';
import { quantizeSchema } from '../../techniques/quantize/schema.ts';
import { columnsFlag, readColumns } from '../columns.ts';
import { defineCommand } from '../command.ts';
import { printGraphs } from '../quantized-graphs-report.ts';
import { recoveredLine } from '../recovered-line.ts';
import { measureReport, reportTable } from '../report.ts';
import { qualityRequest } from '../training-data.ts';

export const quantize = defineCommand({
  name: 'quantize',
  summary: 'Store the weights in fewer bits',
  example: 'lathe quantize my-model --method rtn --bits 4 --group-size 32 --out my-model-int4',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: quantizeSchema.extend({
    out: z.string().describe('Folder to write'),
    data: z.string().optional().describe('Data set or text: calibrates gptq and awq, and quality is measured on'),
    format: z.string().optional().describe('Format of the data, where it is not recognised'),
    columns: columnsFlag,
    evalExamples: z.number().int().positive().default(100).describe('Most examples that quality is measured on'),
    measure: z.boolean().default(true).describe('Measure the model before and after'),
  }),
  async run([reference], { out, data, format, columns, evalExamples, measure, ...options }, context) {
    const [
      { resolveModel },
      { openModel },
      { quantize },
      { calibrationFor },
      { recordReport },
      { modelSize },
      { isWhole, quantizeWhole },
    ] = await Promise.all([
      import('../../models/library.ts'),
      import('../../models/model.ts'),
      import('../../techniques/quantize/quantize.ts'),
      import('../calibration.ts'),
      import('../../models/lineage.ts'),
      import('../../models/size.ts'),
      import('../quantize-graphs.ts'),
    ]);
    const path = await resolveModel(reference, context.home);
    const whole = await quantizeWhole(path, out, options, { data, format }, context);
    if (whole) return whole;
    const model = await openModel(path);
    const quality =
      data === undefined
        ? undefined
        : qualityRequest(data, { format, columns: readColumns(columns), limit: evalExamples });
    // Of a text that it goes on with an encoder has no measure: halves leave it as it is to three digits.
    const measured = measure && !isWhole(model);
    const before = measured ? await measureReport('Before', path, quality, context) : undefined;
    const bar = context.progress('Quantizing', model.weightSpecs.length, 'tensors');
    const { threads, signal } = context;
    const text = { file: data, format, columns: readColumns(columns), evalExamples };
    const calibration = await calibrationFor(model, options, text);
    const onProgress = (done: number) => bar.update(done);
    const onMeasured = (done: number, total: number) => bar.update(0, `sensitivity ${done}/${total}`);
    const onRecovered = (done: number, loss: number) =>
      bar.update(0, `recovery ${done}/${options.recoverSteps}, divergence ${loss.toFixed(3)}`);
    const result = await quantize(model, out, options, {
      threads,
      signal,
      onMeasured,
      onRecovered,
      calibration: calibration?.windows,
      onProgress,
    });
    bar.end();
    const after = measured ? await measureReport('After', result.model, quality, context) : undefined;
    await recordReport(result.model, { before, after });
    const sizeBytesAfter = await modelSize(result.model);
    return {
      ...result,
      ...(calibration ? { calibration: { tokens: calibration.tokens, notes: calibration.notes } } : {}),
      sizeBytesBefore: await modelSize(path),
      sizeBytesAfter,
      bitsPerWeight: (8 * sizeBytesAfter) / model.parameters,
      before,
      after,
    };
  },
  print(result) {
    if ('graphs' in result) return printGraphs(result);
    const {
      model,
      bitsPerWeight,
      sizeBytesBefore,
      sizeBytesAfter,
      before,
      after,
      calibration,
      recovered,
      notes = [],
    } = result;
    const ratio = (sizeBytesBefore / sizeBytesAfter).toFixed(2);
    const lines = [`${bitsPerWeight.toFixed(2)} bits a weight: ${ratio}x smaller`];
    if (calibration) lines.push(`calibrated with ${calibration.tokens} tokens`, ...calibration.notes);
    if (recovered) lines.push(recoveredLine(recovered));
    lines.push(...notes);
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
