/** Reads a JSON file that the user names. */
import { readFile } from 'node:fs/promises';
import { UserError } from '../contract/errors.ts';

/** @throws UserError file/not-found, arguments/invalid */
export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError('file/not-found', `${file} cannot be read`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError('arguments/invalid', `${file} is not JSON`, { cause });
  }
}
