/** A recipe: a model, data, and the steps that are done to it, as YAML. */
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { UserError } from '../contract/errors.ts';

const settings = z
  .record(z.string(), z.unknown())
  .nullable()
  .transform((value) => value ?? {});

const schema = z.strictObject({
  name: z.string().optional(),
  /** Folder, file or library id. */
  model: z.string(),
  /** Training data of the steps that need some. */
  dataset: z.string().optional(),
  /** What quality is measured on, before and after every step. */
  evaluate: z.string().optional(),
  steps: z.array(z.record(z.string(), settings)).min(1),
});

export interface RecipeStep {
  /** Of the command that does it: `finetune`, `quantize`, `export`, … */
  readonly name: string;
  /** Its flags without dashes, in camel case. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface Recipe {
  readonly name: string;
  readonly model: string;
  readonly dataset?: string;
  readonly evaluate?: string;
  readonly steps: readonly RecipeStep[];
}

const camel = (key: string): string => key.replace(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** @throws UserError recipe/invalid naming what is wrong */
export function parseRecipe(text: string, from = 'recipe'): Recipe {
  let yaml: unknown;
  try {
    yaml = parse(text);
  } catch (cause) {
    throw new UserError('recipe/invalid', `${from} is not YAML: ${(cause as Error).message.split('\n')[0]}`, { cause });
  }
  const parsed = schema.safeParse(yaml);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError('recipe/invalid', `${from}: ${issue.path.join('.') || 'recipe'}: ${issue.message}`);
  }
  const { steps, ...rest } = parsed.data;
  return {
    ...rest,
    name: rest.name ?? from,
    steps: steps.map((step, i) => {
      const entries = Object.entries(step);
      if (entries.length !== 1)
        throw new UserError('recipe/invalid', `${from}: step ${i + 1} must name one thing to do`);
      const [[name, options]] = entries;
      return { name, options: Object.fromEntries(Object.entries(options).map(([key, value]) => [camel(key), value])) };
    }),
  };
}

/** Reads a recipe; its relative paths are meant from the folder it lies in. @throws UserError recipe/invalid, file/not-found */
export async function readRecipe(file: string): Promise<Recipe> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UserError('file/not-found', `${file} cannot be read`, { cause });
  });
  const recipe = parseRecipe(text, file);
  const from = (path: string | undefined) =>
    path === undefined || isAbsolute(path) ? path : resolve(dirname(file), path);
  return {
    ...recipe,
    model: /^[.~]?[/\\]|^\.\./.test(recipe.model) ? from(recipe.model)! : recipe.model,
    dataset: from(recipe.dataset),
    evaluate: from(recipe.evaluate),
    steps: recipe.steps.map((step) => {
      const { data } = step.options;
      // Data sets that are mixed.
      if (!Array.isArray(data)) return step;
      return {
        ...step,
        options: { ...step.options, data: data.map((path) => (typeof path === 'string' ? from(path) : path)) },
      };
    }),
  };
}
