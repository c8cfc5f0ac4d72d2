/** The starter demo as a job: the same recipe that `npm run demo` runs. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

const RECIPE = fileURLToPath(new URL('../../resources/demo.yaml', import.meta.url));

export interface Demo {
  readonly yaml: string;
  readonly prompts: readonly string[];
  /** Path of the data set. */
  readonly data: string;
}

const PROMPTS = ['How often should I water my monstera in summer?', 'Is a peace lily dangerous for cats?'];

/** @param model library id of the starter */
export async function demoRecipe(model: string): Promise<Demo> {
  const recipe = parse(await readFile(RECIPE, 'utf8')) as { dataset: string; evaluate: string };
  const from = (path: string) => resolve(dirname(RECIPE), path);
  const data = from(recipe.dataset);
  const yaml = stringify({ ...recipe, name: 'house-plants', model, dataset: data, evaluate: from(recipe.evaluate) });
  return { yaml, prompts: PROMPTS, data };
}
