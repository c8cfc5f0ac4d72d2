/** Techniques, their estimates, and recipes. */
import { listTechniques } from '../../cli/technique-list.ts';
import { os } from '../base.ts';
import { estimate } from '../estimate.ts';
import { checkedRecipe, yamlOf } from '../plans.ts';

export const techniques = os.techniques.router({
  list: os.techniques.list.handler(() => listTechniques()),
  sensitivity: os.techniques.sensitivity.handler(({ input, context: { engine } }) =>
    engine.tools.call('sensitivity', {
      path: engine.models.get(input.modelId).path,
      data: input.datasetId === undefined ? undefined : engine.datasets.get(input.datasetId).path,
    }),
  ),
  depthCurve: os.techniques.depthCurve.handler(({ input, context: { engine } }) =>
    engine.tools.call('depthCurve', {
      path: engine.models.get(input.modelId).path,
      data: input.datasetId === undefined ? undefined : engine.datasets.get(input.datasetId).path,
    }),
  ),
  estimate: os.techniques.estimate.handler(({ input, context: { engine } }) => estimate(engine, input)),
});

export const recipes = os.recipes.router({
  fromPlan: os.recipes.fromPlan.handler(({ input, context: { engine } }) => ({ yaml: yamlOf(engine, input) })),
  parse: os.recipes.parse.handler(({ input, context: { engine } }) => {
    const { steps, ...rest } = checkedRecipe(engine, input.yaml);
    return { ...rest, steps: steps.map(({ name, options }) => ({ name, options: { ...options } })) };
  }),
});
