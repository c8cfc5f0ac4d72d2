/** A plan as the YAML that `lathe run` reads, with the flags' own spelling. */
import { stringify } from 'yaml';
import type { RecipePlan } from './plan.ts';

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export function recipeText(plan: RecipePlan): string {
  const { name, model, dataset, evaluate, steps } = plan;
  const document = {
    name,
    model,
    ...(dataset === undefined ? {} : { dataset }),
    ...(evaluate === undefined ? {} : { evaluate }),
    steps: steps.map((step) =>
      Object.fromEntries(
        Object.entries(step).map(([technique, options]) => [
          technique,
          Object.fromEntries(Object.entries(options).map(([key, value]) => [kebab(key), value])),
        ]),
      ),
    ),
  };
  return stringify(document, { lineWidth: 0 });
}
