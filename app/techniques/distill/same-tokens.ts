/** Whether two models mean the same by every token number: only then can one learn what the other thinks of each. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import type { Model } from '../../models/model.ts';

/** @throws UserError distill/other-tokenizer */
export async function assertSameTokens(teacher: Model, student: Model): Promise<void> {
  const [theirs, ours] = [teacher.config.vocabulary, student.config.vocabulary];
  if (theirs !== ours) {
    throw new UserError(
      'distill/other-tokenizer',
      `the teacher knows ${theirs} tokens and the student ${ours}, so what one thinks of a token says nothing of the other's`,
    );
  }
  const [a, b] = await Promise.all([teacher, student].map(({ folder }) => tokensOf(folder)));
  if (a !== undefined && b !== undefined && a !== b) {
    throw new UserError(
      'distill/other-tokenizer',
      'the teacher and the student have the same number of tokens, but not the same tokens',
    );
  }
}

/** The part of tokenizer.json that numbers tokens, as text to compare; undefined where there is none to be read. */
async function tokensOf(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'tokenizer.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const { model, added_tokens: added = [] } = JSON.parse(text);
    const known = Array.isArray(model.vocab) ? model.vocab : Object.entries(model.vocab).sort(byNumber);
    return JSON.stringify([known, added.map(({ id, content }: { id: number; content: string }) => [id, content])]);
  } catch {
    return undefined;
  }
}

const byNumber = (a: [string, unknown], b: [string, unknown]): number => Number(a[1]) - Number(b[1]);
