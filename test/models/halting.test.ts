/** Halting by Graves's rule: shares add up to one, the ponder cost has the gradient that finite differences give. */
import { expect, it } from 'vitest';
import { EPSILON, emitHalting, haltedAnswers, weighted } from '../../app/models/graphs/halting.ts';
import { encodeModel } from '../../app/onnx/encode.ts';
import { openSession } from '../../app/runtime/open.ts';
import { GraphBuilder } from '../../app/tensor/builder.ts';
import { gradient } from '../../app/tensor/gradient.ts';
import type { Graph } from '../../app/tensor/graph.ts';
import { lower } from '../../app/tensor/lower.ts';
import { float32 } from '../../app/tensor/tensor.ts';

/** What units say of five texts after three layers; the fourth layer always halts. */
const HALTS = [
  [0.995, 0.2, 0.1, 0.6, 0.01],
  [0.3, 0.3, 0.2, 0.5, 0.02],
  [0.3, 0.3, 0.9, 0.5, 0.03],
];
const ROWS = HALTS[0].length;
const LAYERS = HALTS.length + 1;
const LABELS = 2;

async function run(graph: Graph, halts: readonly (readonly number[])[]) {
  const session = await openSession(encodeModel(lower(graph)), { threads: 1 });
  const feeds = Object.fromEntries(halts.map((values, i) => [`halt.${i}`, float32([ROWS, 1], values)]));
  const found = await session.run(feeds);
  session.dispose();
  return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, Array.from(data, Number)]));
}

function build(): { g: GraphBuilder; halts: ReturnType<GraphBuilder['input']>[] } {
  const g = new GraphBuilder();
  return { g, halts: HALTS.map((_, i) => g.input(`halt.${i}`, 'float32', [ROWS, 1])) };
}

/** The same by the paper's words, row by row. */
function slowly(row: number): { shares: number[]; ponder: number } {
  const shares = new Array<number>(LAYERS).fill(0);
  let sum = 0;
  for (let layer = 0; layer < LAYERS; layer++) {
    if (layer === LAYERS - 1 || sum + HALTS[layer][row] >= 1 - EPSILON) {
      shares[layer] = 1 - sum;
      return { shares, ponder: layer + 1 + (1 - sum) };
    }
    shares[layer] = HALTS[layer][row];
    sum += HALTS[layer][row];
  }
  throw new Error('the last layer halts');
}

it('gives shares that add up to one, and the layers and the remainder as the cost', async () => {
  const { g, halts } = build();
  const { shares, ponder } = emitHalting(g, halts);
  for (const [i, share] of shares.entries()) g.output(share, `share.${i}`);
  g.output(ponder, 'ponder');
  const found = await run(g.build(), HALTS);
  for (let row = 0; row < ROWS; row++) {
    const expected = slowly(row);
    const given = Array.from({ length: LAYERS }, (_, i) => found[`share.${i}`][row]);
    for (const [i, share] of given.entries()) expect(share).toBeCloseTo(expected.shares[i], 5);
    expect(given.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    expect(found.ponder[row]).toBeCloseTo(expected.ponder, 5);
  }
});

it('has the gradient of finite differences, of the cost and of the weighted answer', async () => {
  const { g, halts } = build();
  const { shares, ponder } = emitHalting(g, halts);
  const answers = shares.map((_, i) =>
    g.constant(
      float32(
        [ROWS, LABELS],
        Array.from({ length: ROWS * LABELS }, (__, j) => Math.sin(i + 3 * j)),
      ),
    ),
  );
  const answer = weighted(g, shares, answers);
  g.output(g.add(g.reduceSum(ponder, [0, 1], false), g.reduceSum(g.mul(answer, answer), [0, 1], false)), 'loss');
  const { graph } = gradient(
    g.build(),
    'loss',
    HALTS.map((_, i) => `halt.${i}`),
  );
  const names = graph.outputs.map(({ name }) => name);
  const at = await run(graph, HALTS);
  const step = 1e-3;
  for (const [layer, values] of HALTS.entries()) {
    const name = names.find((one) => one.includes(`halt.${layer}`))!;
    for (let row = 0; row < ROWS; row++) {
      const moved = (by: number) =>
        HALTS.map((all, l) => (l === layer ? all.map((h, r) => (r === row ? h + by : h)) : all));
      const slope = ((await run(graph, moved(step))).loss[0] - (await run(graph, moved(-step))).loss[0]) / (2 * step);
      expect(at[name][row], `layer ${layer}, row ${row}, ${values[row]}`).toBeCloseTo(slope, 2);
    }
  }
});

it('answers a text that halts as the weighted answer of training', async () => {
  const { g, halts } = build();
  const answers = Array.from({ length: LAYERS }, (_, i) =>
    g.constant(
      float32(
        [ROWS, LABELS],
        Array.from({ length: ROWS * LABELS }, (__, j) => Math.cos(2 * i + j)),
      ),
    ),
  );
  g.output(weighted(g, emitHalting(g, halts).shares, answers), 'training');
  for (const [i, { answer, sum }] of haltedAnswers(g, halts, answers).entries()) {
    g.output(answer.name === answers[i].name ? g.op('Identity', [answer]) : answer, `answer.${i}`);
    g.output(sum.name === halts[i].name ? g.op('Identity', [sum]) : sum, `sum.${i}`);
  }
  const found = await run(g.build(), HALTS);
  for (let row = 0; row < ROWS; row++) {
    const layer = slowly(row).shares.findLastIndex((share) => share > 0);
    if (layer === LAYERS - 1) continue;
    for (let j = 0; j < LABELS; j++)
      expect(found[`answer.${layer}`][row * LABELS + j]).toBeCloseTo(found.training[row * LABELS + j], 5);
    expect(found[`sum.${layer}`][row]).toBeGreaterThanOrEqual(1 - EPSILON);
  }
});
