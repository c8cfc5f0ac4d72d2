/** The student's part of sequence-level distillation: the teacher's answers, learnt as any text. */
import { assertReplaceable } from '../../files/atomic.ts';
import { assertWrites } from '../../models/architectures/index.ts';
import { buildTrainingGraph } from '../../models/graphs/training-graph.ts';
import type { Model } from '../../models/model.ts';
import { isUnpadded, openSource, type TrainingData } from '../finetune/open-source.ts';
import { refuseMatch } from './match.ts';
import type { DistillOptions } from './schema.ts';
import { type Lesson, type StudentContext, type StudentResult, trainStudent } from './train-student.ts';

/** @throws UserError training/diverged, checkpoint/other-run, arguments/*, disk/full, file/* */
export async function learnAnswers(
  student: Model,
  data: TrainingData,
  teacher: Lesson['teacher'],
  out: string,
  options: DistillOptions,
  context: StudentContext,
): Promise<StudentResult> {
  await assertReplaceable(out);
  assertWrites(student);
  refuseMatch(options);
  const source = await openSource(student, data, options);
  const graph = buildTrainingGraph(student, {
    maxLength: source.maxLength,
    trains: () => true,
    checkpointing: options.checkpointing,
    recomputeAttention: true,
    unpadded: isUnpadded(student),
  });
  return await trainStudent(student, { graph, source: () => source, data, teacher }, out, options, context);
}
