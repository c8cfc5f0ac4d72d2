/** Batches of the student with what the teacher said of each of their predictions. */
import { UserError } from '../../contract/errors.ts';
import { float32, type Tensor, tensor } from '../../tensor/tensor.ts';
import type { Batch } from '../finetune/batch.ts';
import type { StepSource } from '../finetune/source.ts';
import { predictionsOf } from './alignment.ts';
import type { PredictionIndex } from './examples.ts';
import type { TeacherCache } from './teacher-cache.ts';

export function taughtSource(source: StepSource, cache: TeacherCache, index: PredictionIndex): StepSource {
  return {
    ...source,
    async batches(step) {
      const batches = await source.batches(step);
      return await Promise.all(batches.map((batch) => withTeacher(batch, cache, index)));
    },
  };
}

/**
 * Reads the teacher's word for every prediction of a batch, in the order of its rows.
 * @throws UserError distill/misaligned where a record was made of other tokens or another label than the batch has there
 */
export async function withTeacher(batch: Batch, cache: TeacherCache, index: PredictionIndex): Promise<Batch> {
  const predictions = predictionsOf(batch);
  const numbers = predictions.map((prediction) => index.numberOf(prediction));
  const { vocabulary, topK } = cache.layout;
  const width = topK === undefined ? vocabulary : topK + 1;
  const rows = predictions.length;
  const teacher = new Float32Array(rows * width);
  const ids = topK === undefined ? undefined : new BigInt64Array(rows * topK);
  for (let from = 0; from < rows; ) {
    let to = from + 1;
    while (to < rows && numbers[to] === numbers[to - 1] + 1) to++;
    const read = await cache.read(numbers[from], to - from);
    for (let i = from; i < to; i++) {
      if (read.signatures[i - from] === predictions[i].signature) continue;
      const { example, position } = predictions[i];
      throw new UserError(
        'distill/misaligned',
        `the teacher read other tokens than the student at token ${position + 1} of example ${example + 1}`,
      );
    }
    teacher.set(read.probabilities, from * width);
    if (ids && read.ids && topK !== undefined) {
      const start = from * topK;
      read.ids.forEach((id, i) => {
        ids[start + i] = BigInt(id);
      });
    }
    from = to;
  }
  const inputs: Record<string, Tensor> = { ...batch.inputs, teacher: float32([rows, width], teacher) };
  if (ids && topK !== undefined) inputs.teacher_ids = tensor('int64', [rows, topK], ids);
  return { ...batch, inputs };
}
