/** What the backward pass of QLoRA finds of the forward pass: halves, and no sum that runs through the layers. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildTrainingGraph } from '../../app/models/graphs/training-graph.ts';
import { openModel } from '../../app/models/model.ts';
import { finetuneSchema } from '../../app/techniques/finetune/schema.ts';
import { selectTrained } from '../../app/techniques/finetune/selection.ts';

it('keeps every wide activation as halves, also what norms read', async () => {
  const model = await openModel(join(import.meta.dirname, '../fixtures/models/llama'));
  const { modules, trains } = await selectTrained(model, finetuneSchema.parse({ method: 'qlora' }));
  const shape = { maxLength: 32, adapters: modules, trains, recomputeAttention: true, unpadded: true };
  const keptOf = (baseBits: 4 | undefined) => {
    const { nodes } = buildTrainingGraph(model, { ...shape, baseBits }).graph;
    const begin = nodes.findIndex(({ name }) => name.startsWith('grad.'));
    const read = new Set(nodes.slice(begin).flatMap(({ inputs }) => inputs.map((x) => x?.name)));
    const made = nodes.slice(0, begin).flatMap(({ outputs }) => outputs);
    // Rows of tokens, as wide as the model or a head of it: 64 and 16 here.
    return made.flatMap((y) =>
      y && read.has(y.name) && y.shape!.length > 1 && Number(y.shape!.at(-1)) >= 32 ? [y] : [],
    );
  };
  const whole = keptOf(undefined);
  expect(whole.length).toBeGreaterThan(10);
  expect(new Set(whole.map(({ dtype }) => dtype))).toEqual(new Set(['float32']));
  // Rows of the tables are gathered as codes.
  const halves = keptOf(4).filter(({ dtype }) => dtype !== 'int8');
  expect(halves.length).toBeGreaterThan(10);
  expect(new Set(halves.map(({ dtype }) => dtype))).toEqual(new Set(['float16']));
});
