/** Checks a recipe's steps against the commands that do them, before the first costs time. */
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import type { Recipe } from '../recipes/recipe.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands/index.ts';

export interface PlannedStep {
  readonly command: Command;
  readonly options: Record<string, unknown>;
}

/** Commands that a recipe can name: those that begin with a model. */
export const stepCommand = (name: string): Command | undefined =>
  COMMANDS.find((command) => command.name === name && command.arguments[0]?.name === 'model');

/** Settings that say how a data set is to be read, laid under a step's own where it takes them. */
export type Reading = Readonly<Record<string, unknown>>;

/**
 * @param folder where steps write, each into a folder of its own
 * @throws UserError recipe/invalid naming the step and the setting
 */
export function planRecipe(recipe: Recipe, folder: string, reading: Reading = {}): PlannedStep[] {
  return recipe.steps.map(({ name, options }, index) => {
    const found = stepCommand(name);
    const where = `step ${index + 1}`;
    if (!found) throw new UserError('recipe/invalid', `${where}: there is no step called "${name}"`);
    const takes = (key: string) => key in found.options.shape;
    const unknown = Object.keys(options).filter((key) => !takes(key));
    if (unknown.length > 0)
      throw new UserError('recipe/invalid', `${where}: ${name} has no setting ${unknown.join(', ')}`);
    const defaults: Record<string, unknown> = {};
    if (takes('out')) defaults.out = join(folder, `${index + 1}-${name}`);
    // Steps that train take the data set; others take it to measure quality on.
    if (takes('eval')) {
      defaults.data = recipe.dataset;
      defaults.eval = recipe.evaluate;
    } else if (takes('data')) defaults.data = recipe.evaluate ?? recipe.dataset;
    for (const [key, value] of Object.entries(reading)) if (takes(key)) defaults[key] = value;
    const given = { ...defaults, ...options };
    const parsed = found.options.safeParse(
      Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined)),
    );
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new UserError('recipe/invalid', `${where}: ${name}: ${issue.path.join('.')}: ${issue.message}`);
    }
    return { command: found, options: parsed.data };
  });
}
