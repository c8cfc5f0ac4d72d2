/** Distillation: the teacher reads the data once (or writes the answers), the student learns in every pass. */
import {
  decodeSeconds,
  type EstimateInput,
  type Estimator,
  forwardSeconds,
  isQuantized,
  measureSeconds,
  number,
  PROCESS_BYTES,
  QUANTIZED,
} from './estimator.ts';
import { finetune } from './finetune.ts';
import type { ModelShape } from './shape.ts';
import { studentShape } from './student-shape.ts';

/** Likeliest tokens that are kept of each prediction, and the bytes of one. */
const KEPT = 128;
const KEPT_BYTES = 4;

/** Of a token that is written; of one that a classifier reads, many at once, the looked-up embedding costs nothing. */
function secondsOf(model: ModelShape, machine: EstimateInput['machine']): number {
  if (!model.classifies) return decodeSeconds(model.sizeBytes, machine);
  const { parameters, vocabulary, width } = model;
  return forwardSeconds({ ...model, parameters: Math.max(1, parameters - vocabulary * width) }, 1, machine);
}

export const distill: Estimator = (input) => {
  const { model: teacher, machine, options, data } = input;
  const wanted = typeof options.student === 'string' ? options.student : 'layers:0.5';
  const student = input.student ?? studentShape(teacher, wanted) ?? teacher;
  const rows = data ? data.rows * (1 - number(options.heldOut, 0.05)) : 1000;
  const length = Math.min(number(options.maxLength, 512), teacher.contextLength);
  const tokens = rows * Math.min(data?.meanTokens ?? 200, length);
  const epochs = number(options.epochs, 3);
  const training = finetune({
    ...input,
    model: student,
    options: { ...options, method: 'full', epochs, measure: false },
  });
  const sequence = options.method === 'sequence';
  const answers = sequence ? rows * number(options.maxAnswer, 128) * decodeSeconds(teacher.sizeBytes, machine) : 0;
  // Where layers are matched, the teacher runs beside the student in every step, and lies beside it in memory; a bare encoder's always are.
  const bare = teacher.whole === true && teacher.classifies !== true;
  const beside = bare || (typeof options.match === 'string' && options.match !== 'none');
  const runs = beside ? 1 + epochs : 1;
  const teaching = answers + runs * forwardSeconds(teacher, tokens, machine);
  const examples = Math.min(number(options.evalExamples, 100), Math.max(1, rows * 0.05));
  const measure = (model: typeof teacher) =>
    measureSeconds(model, model.sizeBytes, machine, examples, data?.meanTokens ?? 200);
  const measuring = options.measure === false ? 0 : measure(teacher) + 2 * measure(student);
  const classes = Math.min(KEPT, teacher.vocabulary);
  const cacheBytes = sequence ? 10 * tokens : tokens * (8 + KEPT_BYTES * classes);
  const batch = number(options.batchSize, 4) * length;
  // The student's logits and what the divergence makes of them; while the teacher reads, its weights and its logits.
  const learning = training.memoryBytes + 3 * 4 * batch * student.vocabulary + (beside ? 4 * teacher.parameters : 0);
  const reading = PROCESS_BYTES + 4 * teacher.parameters + 2 * 4 * 1024 * teacher.vocabulary;
  return {
    ...training,
    seconds: training.seconds + teaching + measuring,
    uncertainty: 2,
    memoryBytes: Math.max(learning, reading),
    diskBytes: training.diskBytes + cacheBytes,
    resultParameters: student.parameters,
    decodeTokensPerSecond: {
      now: 1 / secondsOf(teacher, machine),
      result: 1 / secondsOf(student, machine),
    },
    ...(isQuantized(teacher) || isQuantized(student) ? { refusal: QUANTIZED } : {}),
    // A student learns with all its weights: there are no adapters to turn to.
    remedies: training.remedies?.filter(({ options: way }) => way.method === undefined),
  };
};
