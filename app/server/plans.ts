/** Wizards' plans and recipes: into YAML that `lathe run` takes, and into what a worker is told to do. */
import { stringify } from 'yaml';
import { planRecipe } from '../cli/recipe-plan.ts';
import { UserError } from '../contract/errors.ts';
import type { Plan } from '../contract/recipes.ts';
import { readingOf } from '../library/dataset-registry.ts';
import { parseRecipe, type Recipe } from '../recipes/recipe.ts';
import type { JobTask } from '../store/jobs.ts';
import type { Engine } from './composition.ts';

const kebab = (key: string): string => key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

/** The recipe as a person reads it and `lathe run` takes it. */
export function yamlOf(engine: Engine, plan: Plan): string {
  const dataset = plan.datasetId === undefined ? undefined : engine.datasets.get(plan.datasetId);
  const evaluate = plan.evaluateId === undefined ? undefined : engine.datasets.get(plan.evaluateId);
  const mixed = (plan.mixedIds ?? []).map((id) => engine.datasets.get(id).path);
  const data = dataset && mixed.length > 0 ? [dataset.path, ...mixed] : undefined;
  return stringify({
    name: plan.name,
    model: plan.modelId,
    dataset: dataset?.path,
    evaluate: evaluate?.path,
    steps: plan.steps.map(({ name, options }) => ({
      [name]: Object.fromEntries(
        Object.entries(name === 'finetune' ? { ...options, data } : options)
          .filter(([, value]) => value !== undefined && value !== null)
          .map(([key, value]) => [kebab(key), value]),
      ),
    })),
  });
}

type RecipeTask = JobTask & { readonly kind: 'recipe' };

/** @throws UserError recipe/invalid, dataset/not-found */
export function taskOf(
  engine: Engine,
  yaml: string,
  datasetId: string | undefined,
  prompts: readonly string[],
): RecipeTask {
  const recipe = parseRecipe(yaml);
  const set = datasetId === undefined ? knownSet(engine, recipe) : engine.datasets.get(datasetId);
  const reading = set ? { ...flagsOf(readingOf(set)), heldOut: set.split.heldOut, seed: set.split.seed } : undefined;
  const named = recipe.name !== 'recipe';
  const task: RecipeTask = {
    kind: 'recipe',
    yaml,
    name: recipe.name,
    named,
    model: recipe.model,
    dataset: recipe.dataset,
    evaluate: recipe.evaluate,
    reading,
    steps: recipe.steps,
    prompts,
  };
  // Refused now rather than in the worker; the folder does not matter for that.
  planRecipe(task, engine.home, reading);
  return task;
}

/** As the commands' flags name them. */
const flagsOf = ({ format, columns }: ReturnType<typeof readingOf>) => ({
  format,
  columns: columns && Object.entries(columns).map(([field, column]) => `${field}=${column}`),
});

const knownSet = (engine: Engine, { dataset }: Recipe) => (dataset ? engine.store.datasets.at(dataset) : undefined);

const WORDS: Readonly<Record<string, string>> = {
  finetune: 'Fine-tune',
  quantize: 'Quantize',
  profile: 'Profile',
  export: 'Export',
  prune: 'Prune',
  distill: 'Distil',
  transfer: 'Transfer',
};

export function titleOf({ name, named, steps, model }: RecipeTask): string {
  const [first] = steps;
  const what =
    steps.length > 1
      ? `${WORDS[first.name] ?? first.name} and ${steps.length - 1} more`
      : (WORDS[first.name] ?? first.name);
  return `${what} ${named ? name : model.split(/[\\/]/).at(-1)}`;
}

/** A dropped or pasted recipe, checked. @throws UserError recipe/invalid */
export function checkedRecipe(engine: Engine, yaml: string): Recipe {
  const recipe = parseRecipe(yaml);
  planRecipe(recipe, engine.home);
  return recipe;
}

/** @throws UserError arguments/invalid where neither or both are given */
export function yamlFrom(engine: Engine, plan: Plan | undefined, yaml: string | undefined): string {
  if (plan && yaml === undefined) return yamlOf(engine, plan);
  if (yaml !== undefined && !plan) return yaml;
  throw new UserError('arguments/invalid', 'give a plan or a recipe');
}
