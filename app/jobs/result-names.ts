/** Under which names the results of a job come into the library and the exports folder. */
import { mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { exists } from '../files/exists.ts';
import { modelsFolder, safeId } from '../models/library.ts';

interface Step {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** `quantize` with 4 bits: `int4`; `finetune`: `tuned`; others: their own name. */
function suffixOf({ name, options }: Step): string {
  if (name === 'finetune') return 'tuned';
  if (name !== 'quantize') return name;
  return options.method === 'float16' ? 'f16' : `int${options.method === 'dynamic' ? 8 : (options.bits ?? 4)}`;
}

/** @param named the name the user gave the result; the last model gets exactly that */
export function resultName(source: string, steps: readonly Step[], index: number, named: string | undefined): string {
  const makes = (step: Step) => !['export', 'profile', 'eval'].includes(step.name);
  const last = steps.findLastIndex(makes);
  if (named !== undefined && index === last) return safeId(named);
  const suffixes = steps
    .slice(0, index + 1)
    .filter(makes)
    .map(suffixOf);
  return safeId([named ?? basename(source), ...suffixes].join('-'));
}

/** `folder/name`, or with `-2`, `-3`… where that is taken. */
export async function freePath(folder: string, name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const path = join(folder, n === 1 ? name : `${name}-${n}`);
    if (!(await exists(path))) return path;
  }
}

/** Moves a finished model folder into the library. @returns its id */
export async function intoLibrary(folder: string, home: string, name: string): Promise<string> {
  await mkdir(modelsFolder(home), { recursive: true });
  const path = await freePath(modelsFolder(home), name);
  await rename(folder, path);
  return basename(path);
}
