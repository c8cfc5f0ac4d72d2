/** `lathe eval`: perplexity on a text, distance from another model, or the answers of a supervised data set. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { DecoderOptions } from '../../generate/decoding-session.ts';
import { columnsFlag, readColumns } from '../columns.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { metricsFlag } from '../metrics-flag.ts';
import { cacheTypeFlag, deviceFlag, promptTypeFlag } from '../sampling-flags.ts';

const schema = z.object({
  text: z.string().optional().describe('Text file, or safetensors with input_ids'),
  data: z
    .string()
    .optional()
    .describe('Supervised data set: loss of its answers, and scores of what the model writes instead'),
  format: z.string().optional().describe('Format of the data, where it is not recognised'),
  against: z.string().optional().describe('Another model, whose predictions are compared with'),
  context: z.number().int().min(2).default(512).describe('Tokens of a window'),
  stride: z.number().int().positive().optional().describe('Tokens between windows (default: half the context)'),
  limit: z.number().int().positive().optional().describe('Most tokens of the text, or examples of the data'),
  maxLength: z.number().int().min(8).default(1024).describe('Most tokens of an example'),
  device: deviceFlag,
  cacheType: cacheTypeFlag,
  promptType: promptTypeFlag,
  columns: columnsFlag,
  threshold: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'Adaptive classifiers: see `lathe classify`; of other adapted models all layers, or the large model, are measured',
    ),
  metric: metricsFlag,
  generate: z.boolean().default(true).describe('Generate the answers too, for the scores of --metric'),
});
type Options = z.infer<typeof schema>;

export const evaluate = defineCommand({
  name: 'eval',
  summary: 'Measure the quality of a model',
  example: 'lathe eval my-model-int4 --text book.txt --context 512 --stride 256 --against my-model',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: schema,
  async run([reference], options, context) {
    if ((options.text === undefined) === (options.data === undefined)) {
      throw new UserError('arguments/invalid', 'give either --text or --data');
    }
    const { resolveModel } = await import('../../models/library.ts');
    const path = await resolveModel(reference, context.home);
    const { text, data } = options;
    if (data !== undefined && (await isClassifier(path))) return onLabels(path, data, options, context);
    if (options.threshold !== undefined) {
      throw new UserError('arguments/incompatible', '--threshold goes with classifiers and --data');
    }
    return text === undefined ? onData(path, data!, options, context) : onText(path, text, options, context);
  },
  print(result) {
    const entries = Object.entries(flatten(result));
    const width = Math.max(...entries.map(([key]) => key.length));
    return entries.map(([key, value]) => `${key.padEnd(width)}  ${shown(value)}`).join('\n');
  },
});

const shown = (value: unknown): string =>
  typeof value === 'number' && !Number.isInteger(value) ? value.toPrecision(5) : String(value);

function flatten(value: object, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      inner !== null && typeof inner === 'object'
        ? Object.entries(flatten(inner, `${prefix}${key}.`))
        : [[`${prefix}${key}`, inner]],
    ),
  );
}

async function openDecoder(
  path: string,
  length: number,
  { threads }: CommandContext,
  types: Pick<DecoderOptions, 'device' | 'cacheType' | 'promptType'> = {},
) {
  const [{ openStored }, { Decoder }] = await Promise.all([
    import('../../models/stored.ts'),
    import('../../generate/decoder.ts'),
  ]);
  return Decoder.open(await openStored(path), { threads, maxLength: length, ...types });
}

async function readIds(path: string, file: string): Promise<{ ids: ArrayLike<number>; bytes?: number }> {
  if (file.endsWith('.safetensors')) {
    const { readConstant, safetensorsConstants } = await import('../../models/weights/constants.ts');
    const stored = (await safetensorsConstants(file)).get('input_ids');
    if (!stored) throw new UserError('arguments/invalid', `${file} has no input_ids`);
    return { ids: Array.from((await readConstant(stored)).data as Int32Array, Number) };
  }
  const { loadTokenizer } = await import('../../models/tokenizer.ts');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError('file/not-found', `${file} cannot be read`, { cause });
  });
  const tokenizer = await loadTokenizer(path);
  return { ids: tokenizer.encode(text, { special: true }), bytes: Buffer.byteLength(text) };
}

async function onText(path: string, file: string, options: Options, context: CommandContext) {
  const { divergence, perplexity } = await import('../../evaluate/perplexity.ts');
  const { resolveModel } = await import('../../models/library.ts');
  const read = await readIds(path, file);
  const ids = options.limit === undefined ? read.ids : Array.prototype.slice.call(read.ids, 0, options.limit);
  const windows = {
    context: options.context,
    stride: options.stride ?? Math.ceil(options.context / 2),
    signal: context.signal,
  };
  const model = await openDecoder(path, options.context, context, {
    device: options.device,
    cacheType: options.cacheType,
    promptType: options.promptType,
  });
  try {
    const bar = context.progress('Perplexity', ids.length, 'tokens');
    const result = await perplexity(model, ids, { ...windows, onProgress: (done) => bar.update(done) });
    bar.end();
    // Where a limit cut the text, its bytes are in the share of its tokens.
    const bytes = read.bytes === undefined ? undefined : (read.bytes * ids.length) / read.ids.length;
    const common = {
      perplexity: result.perplexity,
      loss: result.nats / result.tokens,
      tokens: result.tokens,
      bitsPerByte: bytes === undefined ? undefined : result.nats / Math.LN2 / bytes,
      context: windows.context,
      stride: windows.stride,
    };
    if (options.against === undefined) return common;
    const reference = await openDecoder(await resolveModel(options.against, context.home), options.context, context);
    try {
      const second = context.progress('Divergence', ids.length, 'tokens');
      const compared = await divergence(model, reference, ids, {
        ...windows,
        onProgress: (done) => second.update(done),
      });
      second.end();
      return { ...common, ...compared };
    } finally {
      reference.dispose();
    }
  } finally {
    model.dispose();
  }
}

/** Classifiers, and encoders that `lathe adapt` made one of. */
async function isClassifier(path: string): Promise<boolean> {
  const [{ readAdaptiveNote }, { describe }, { readConfig }] = await Promise.all([
    import('../../models/adaptive-note.ts'),
    import('../../models/architectures/index.ts'),
    import('../../models/model.ts'),
  ]);
  const note = await readAdaptiveNote(path);
  return note === undefined ? describe(await readConfig(path)).task.kind === 'classification' : note.kind !== 'decoder';
}

async function onLabels(path: string, file: string, options: Options, context: CommandContext) {
  if (options.against !== undefined) throw new UserError('arguments/incompatible', '--against goes with --text');
  const { columns, threshold, limit } = options;
  const [{ openTextClassifier }, { scoreClassifier }, { readLabelled }] = await Promise.all([
    import('../../evaluate/classify.ts'),
    import('../../evaluate/classifier-scores.ts'),
    import('../../techniques/transfer/labelled-rows.ts'),
  ]);
  const classifier = await openTextClassifier(path, { threads: context.threads, threshold });
  try {
    if (classifier.problem !== 'single')
      throw new UserError('arguments/incompatible', 'only classifiers that give each text one label are measured so');
    const named = { text: 'text', label: 'label', ...readColumns(columns) };
    const { rows, problemCount } = await readLabelled(file, named, classifier.labels);
    const measured = rows.slice(0, limit);
    const bar = context.progress('Texts', measured.length, 'texts');
    const onProgress = (done: number) => bar.update(done);
    const scores = await scoreClassifier(classifier, measured, { signal: context.signal, onProgress });
    bar.end();
    return { ...scores, problemCount };
  } finally {
    classifier.dispose();
  }
}

async function onData(path: string, file: string, options: Options, context: CommandContext) {
  if (options.against !== undefined) throw new UserError('arguments/incompatible', '--against goes with --text');
  const [answers, scores, { writtenAnswers }, { openWriter }, { loadDataset }, { loadTokenizer }, templates, models] =
    await Promise.all([
      import('../../evaluate/answers.ts'),
      import('../../evaluate/text-scores.ts'),
      import('../../evaluate/written-answers.ts'),
      import('../../generate/open-writer.ts'),
      import('../../datasets/index.ts'),
      import('../../models/tokenizer.ts'),
      import('../../models/chat-template.ts'),
      import('../../models/stored.ts'),
    ]);
  const tokenizer = await loadTokenizer(path);
  const { maxLength, format, limit, columns, device, cacheType, promptType, metric = scores.TEXT_METRICS } = options;
  const sides = (await models.openStored(path)).architecture.kind === 'encoder-decoder';
  const reading = { maxLength, format, sides, columns: readColumns(columns) };
  const { train, problemCount } = await loadDataset(file, tokenizer, await templates.findChatTemplate(path), reading);
  const how = { threads: context.threads, device, cacheType, promptType };
  const model = await openWriter(path, { ...how, maxLength: maxLength + 32 });
  try {
    const bar = context.progress('Answers', Math.min(train.count, limit ?? train.count), 'examples');
    const common = { limit, signal: context.signal };
    const loss = await answers.answerLoss(model, train, { ...common, onProgress: (done) => bar.update(done) });
    bar.end();
    if (!options.generate) return { ...loss, problemCount };
    const second = context.progress('Generating', loss.examples, 'examples');
    const written = await writtenAnswers(model, tokenizer, train, {
      ...common,
      onProgress: (done) => second.update(done),
    });
    second.end();
    return {
      ...loss,
      ...scores.scoreTexts(written.answers, written.references, metric),
      generatedExamples: written.answers.length,
      promptTokensPerSecond: written.promptTokens / written.readSeconds,
      tokensPerSecond: written.tokens / (written.readSeconds + written.writeSeconds),
      problemCount,
    };
  } finally {
    model.dispose();
  }
}
