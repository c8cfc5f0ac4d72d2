/** Texts that an encoder reads: paragraphs of a text file, or a column of a data set. */
import { readFile } from 'node:fs/promises';
import { UserError } from '../contract/errors.ts';
import { cell, readTargets } from '../techniques/transfer/labelled-rows.ts';

/**
 * @param column of a data set
 * @throws UserError dataset/*, file/not-found
 */
export async function encoderTexts(file: string, format: string | undefined, column: string): Promise<string[]> {
  if (!/\.(txt|md)$/i.test(file) || format !== undefined) {
    const columns = { text: column, label: column };
    return (await readTargets(file, columns, cell, 'a text')).rows.map(({ text }) => text);
  }
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError('file/not-found', `${file} cannot be read`, { cause });
  });
  const paragraphs = text.split(/\r?\n\s*\r?\n/).map((paragraph) => paragraph.trim());
  const texts = paragraphs.filter((paragraph) => paragraph !== '');
  if (texts.length === 0) throw new UserError('dataset/empty', `${file} has no text`);
  return texts;
}
