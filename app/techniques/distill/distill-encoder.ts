/** Distillation of bare encoders: the student learns to give texts the states that its teacher gives them, with no label at all. */
import { UserError } from '../../contract/errors.ts';
import { assertReplaceable } from '../../files/atomic.ts';
import { buildMatchingGraph } from '../../models/graphs/matching-graph.ts';
import type { Model } from '../../models/model.ts';
import { tensor } from '../../tensor/tensor.ts';
import { makeLabelBatch } from '../finetune/label-batch.ts';
import { matchOf } from './match.ts';
import { assertSameTokens } from './same-tokens.ts';
import type { DistillOptions } from './schema.ts';
import { teacherHash } from './teacher-hash.ts';
import { textBatches } from './text-batches.ts';
import { type StudentContext, type StudentResult, trainStudent } from './train-student.ts';

export interface EncoderTexts {
  /** As the teacher reads them. */
  readonly ids: readonly Int32Array[];
  /** Where they are from. */
  readonly file: string;
}

/** @throws UserError arguments/incompatible, distill/other-tokenizer before anything is run */
export async function assertEncodersAlike(teacher: Model, student: Model): Promise<void> {
  for (const { task, folder } of [teacher, student]) {
    if (task.kind !== 'hidden-states') throw new UserError('arguments/incompatible', `${folder} is no bare encoder`);
  }
  if (student.config.width !== teacher.config.width) {
    throw new UserError(
      'arguments/incompatible',
      `the student's vectors have ${student.config.width} numbers and the teacher's ${teacher.config.width}: they cannot be compared`,
    );
  }
  await assertSameTokens(teacher, student);
}

/**
 * Where nothing is said of layers, the last ones are matched: what every use of the model reads.
 * @throws UserError arguments/incompatible, distill/other-tokenizer, training/diverged, checkpoint/other-run, disk/full, file/*
 */
export async function distillEncoder(
  teacher: Model,
  student: Model,
  { ids, file }: EncoderTexts,
  out: string,
  options: DistillOptions,
  context: StudentContext,
): Promise<StudentResult> {
  await assertReplaceable(out);
  await assertEncodersAlike(teacher, student);
  const last = { ...options, match: 'hidden', layerMap: 'last' } as const;
  const match = matchOf(teacher, student, options.match === 'none' ? last : options)!;
  const source = textBatches(ids, options, (rows) => {
    const texts = rows.map((row) => ({ ids: ids[row], label: 0 }));
    const batch = makeLabelBatch(texts, { pooling: 'first', positionsSkip: student.config.positionsSkip });
    const count = tensor('float32', [], Float32Array.of(rows.length));
    return { ...batch, inputs: { ...batch.inputs, texts: count } };
  });
  const { checkpointing } = options;
  const graph = buildMatchingGraph(student, {
    maxLength: source.maxLength,
    trains: () => true,
    checkpointing,
    recomputeAttention: true,
    match,
  });
  const taught = { folder: teacher.folder, hash: await teacherHash(teacher) };
  const lesson = { graph, source: () => source, data: { tokens: file }, teacher: taught, beside: teacher };
  return await trainStudent(student, lesson, out, options, context);
}
