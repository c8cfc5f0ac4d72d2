/** `--columns prompt=Frage,completion=Antwort`: what a format's fields are called in a data set. */
import { z } from 'zod';
import { UserError } from '../contract/errors.ts';

export const columnsFlag = z
  .array(z.string())
  .optional()
  .describe("Names of the format's fields in the data: prompt=Frage,completion=Antwort");

/** @throws UserError arguments/invalid */
export function readColumns(pairs: readonly string[] | undefined): Record<string, string> | undefined {
  if (!pairs || pairs.length === 0) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const [field, ...rest] = pair.split('=');
      const column = rest.join('=');
      if (!field || !column) throw new UserError('arguments/invalid', `--columns: "${pair}" is not field=column`);
      return [field.trim(), column];
    }),
  );
}
