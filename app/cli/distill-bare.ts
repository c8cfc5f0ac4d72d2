/** `lathe distill` of a bare encoder: a smaller one that gives texts nearly the same vectors. */
import { UserError } from '../contract/errors.ts';
import { encodeTexts } from '../models/encode-texts.ts';
import { recordReport } from '../models/lineage.ts';
import { type Model, openModel } from '../models/model.ts';
import { loadTokenizer } from '../models/tokenizer.ts';
import { assertEncodersAlike, distillEncoder } from '../techniques/distill/distill-encoder.ts';
import type { DistillOptions } from '../techniques/distill/schema.ts';
import type { StudentContext, StudentResult } from '../techniques/distill/train-student.ts';
import { splitTexts } from '../techniques/transfer/stratified-split.ts';
import { type CosineReport, cosineWith } from './encoder-cosine.ts';
import { encoderTexts } from './encoder-texts.ts';

export interface BareData {
  readonly file: string;
  readonly format?: string;
  /** Column of the texts. */
  readonly text: string;
  readonly evaluation?: string;
  readonly heldOut: number;
  /** Most texts that are measured on. */
  readonly limit: number;
  readonly measure: boolean;
}

export interface BareResult extends StudentResult {
  readonly trainRows: number;
  readonly testRows: number;
  readonly teacher?: CosineReport;
  readonly before?: CosineReport;
  readonly after?: CosineReport;
}

/** @throws UserError dataset/*, arguments/incompatible, distill/other-tokenizer, training/diverged, disk/full, file/* */
export async function distillBare(
  teacher: Model,
  student: Model,
  data: BareData,
  out: string,
  options: DistillOptions,
  context: StudentContext,
): Promise<BareResult> {
  if (options.method !== 'logits') {
    throw new UserError('arguments/incompatible', `encoders write nothing: not with --method ${options.method}`);
  }
  await assertEncodersAlike(teacher, student);
  const { file, format, text, evaluation, heldOut, limit } = data;
  const rowsOf = async (from: string) => (await encoderTexts(from, format, text)).map((row) => ({ text: row }));
  const rows = await rowsOf(file);
  const { train, test } = evaluation
    ? { train: rows, test: await rowsOf(evaluation) }
    : splitTexts(rows, heldOut, options.seed);
  const tokenizer = await loadTokenizer(teacher.folder);
  const most = Math.min(options.maxLength, teacher.config.maxLength, student.config.maxLength);
  const idsOf = (texts: readonly { readonly text: string }[]) =>
    encodeTexts(
      tokenizer,
      texts.map((row) => row.text),
      most,
    );
  const measured = idsOf(test.slice(0, limit));
  const { threads, signal } = context;
  const measure = data.measure ? await cosineWith(teacher, measured, { threads, signal }) : undefined;
  const teachers = await measure?.(teacher);
  const before = await measure?.(student);
  const result = await distillEncoder(teacher, student, { ids: idsOf(train), file }, out, options, context);
  const after = await measure?.(await openModel(result.model));
  await recordReport(result.model, { before, after, teacher: teachers, losses: result.losses });
  return { ...result, trainRows: train.length, testRows: measured.length, teacher: teachers, before, after };
}
