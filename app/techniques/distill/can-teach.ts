/** Whether a teacher can teach a student in the way that is asked for: known before anything is measured or computed. */
import { UserError } from '../../contract/errors.ts';
import { assertContinues, assertWrites } from '../../models/architectures/index.ts';
import type { Model } from '../../models/model.ts';
import { assertRowsFit } from '../finetune/open-source.ts';
import { refuseMatch } from './match.ts';
import { assertSameTokens } from './same-tokens.ts';
import type { DistillOptions } from './schema.ts';

/**
 * For models that write; classifiers are checked with their classes.
 * @param rows most tokens of a row, where the options say it and not the data
 * @throws UserError arguments/incompatible, arguments/invalid, distill/other-tokenizer
 */
export async function assertCanTeach(
  teacher: Model,
  student: Model,
  options: Pick<DistillOptions, 'method' | 'match'>,
  rows?: number,
): Promise<void> {
  const { method } = options;
  const assertKind = method === 'on-policy' ? assertContinues : assertWrites;
  assertKind(teacher);
  assertKind(student);
  if (method !== 'logits') refuseMatch(options);
  if (method !== 'on-policy' && rows !== undefined) assertRowsFit(rows, student);
  if (method === 'sequence') return;
  if (teacher.architecture.kind !== student.architecture.kind) {
    throw new UserError(
      'arguments/incompatible',
      `the teacher is ${named(teacher)} and the student ${named(student)}: they read rows differently, so let the teacher write answers: --method sequence`,
    );
  }
  await assertSameTokens(teacher, student);
  if (method === 'logits' && rows !== undefined) assertRowsFit(rows, teacher, { whose: 'teacher' });
}

const named = ({ architecture: { name, kind } }: Model): string => `a ${name} (${kind})`;
