/** Turns the operating system's file errors into errors that the user can mend. */
import { type ErrorCode, UserError } from '../contract/errors.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'disk/full',
  EDQUOT: 'disk/full',
  EFBIG: 'disk/full',
  EACCES: 'file/not-allowed',
  EPERM: 'file/not-allowed',
  EROFS: 'file/not-allowed',
  ENOENT: 'file/not-found',
  ENOTDIR: 'file/not-found',
  EISDIR: 'file/not-found',
  ENAMETOOLONG: 'file/not-found',
  ELOOP: 'file/not-found',
};

const MESSAGES: Readonly<Partial<Record<ErrorCode, string>>> = {
  'disk/full': 'no space is left for',
  'file/not-allowed': 'not allowed to open or write',
  'file/not-found': 'cannot open',
};

/** The same error where it is not the file system's, or not one that the user can do something about. */
export function fileError(error: unknown, file: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  const code = CODES[(error as NodeJS.ErrnoException).code ?? ''];
  return code ? new UserError(code, `${MESSAGES[code]} ${file}`, { cause: error }) : error;
}

/** Runs `work`; what the file system refuses comes out as a UserError about `file`. */
export async function withFileErrors<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, file);
  }
}
