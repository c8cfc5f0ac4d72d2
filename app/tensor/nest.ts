/**
 * Makes branches of a graph that computes one answer after another: each stage's nodes and constants go into the else branch
 * of an `If` behind the stage before it, so that a runtime that need not go on never touches them.
 */
import type { AnyValue, Constant, Graph, Node, Value } from './graph.ts';
import { mergeEqual } from './merge-equal.ts';

/** Names of values of the flat graph. */
export interface Stage {
  /** bool [] or [1]: whether this stage's results are the answer; absent for the last stage. */
  readonly done?: string;
  /** One for each output of the nested graph. */
  readonly results: readonly string[];
}

/** An output of the nested graph, as a branch names it. */
interface Result {
  readonly place: number;
  readonly value: Value;
}

/**
 * @param stages in the order in which they are tried
 * @param outputs names and types of the nested graph's outputs
 * @param always values that are given out too, whichever stage answers
 * @throws Error where a stage names a value that the graph has not
 */
export function nestStages(
  flat: Graph,
  stages: readonly Stage[],
  outputs: readonly Value[],
  always: readonly Value[] = [],
): Graph {
  const named = stages.flatMap(({ done, results }) => (done === undefined ? results : [done, ...results]));
  const graph = mergeEqual(flat, [...named, ...always.map(({ name }) => name)]);
  const makers = new Map<string, Node>();
  for (const node of graph.nodes) for (const y of node.outputs) if (y) makers.set(y.name, node);
  const values = new Map<string, AnyValue>();
  for (const node of graph.nodes) for (const x of [...node.inputs, ...node.outputs]) if (x) values.set(x.name, x);
  for (const [name, { dtype, shape }] of graph.constants) values.set(name, { name, dtype, shape });
  const stageOf = assignNodes(makers, stages, always);
  const constantStage = assignConstants(graph, stageOf, stages);

  const constantsOf = (stage: number): Map<string, Constant> =>
    new Map([...graph.constants].filter(([name]) => constantStage.get(name) === stage));
  const nodesOf = (stage: number): Node[] => graph.nodes.filter((node) => stageOf.get(node) === stage);
  const find = (name: string): AnyValue => {
    const value = values.get(name);
    if (!value) throw new Error(`the graph has no value ${name}`);
    return value;
  };

  /** Some results of a stage as outputs of the branch or graph that they are in. */
  const give = (stage: number, results: readonly Result[]): Node[] =>
    results.map(({ place, value }) => ({
      name: `stage.${stage}.result.${value.name}`,
      op: 'Identity',
      domain: '',
      inputs: [find(stages[stage].results[place])],
      outputs: [value],
      attributes: {},
    }));
  const renamed = (results: readonly Result[], suffix: string): Result[] =>
    results.map(({ place }) => ({ place, value: { ...outputs[place], name: `${outputs[place].name}.${suffix}` } }));
  const branch = (name: string, nodes: readonly Node[], constants: Map<string, Constant>, results: readonly Result[]) =>
    Object.freeze({
      name,
      inputs: [],
      outputs: results.map(({ value }) => value),
      nodes,
      constants,
      opsets: graph.opsets,
      metadata: {},
    }) as Graph;

  /** Nodes of a stage and all behind it, giving `results`. */
  const from = (stage: number, results: readonly Result[]): Node[] => {
    const { done, results: names } = stages[stage];
    if (done === undefined) return [...nodesOf(stage), ...give(stage, results)];
    // What no later stage gives otherwise need not go through the branches, where it would be copied.
    const settled = ({ place }: Result) =>
      stages.slice(stage + 1).every((later) => later.results[place] === names[place]);
    const open = results.filter((result) => !settled(result));
    const stop = renamed(open, `stop.${stage}`);
    const go = renamed(open, `go.${stage}`);
    const choice: Node = {
      name: `stage.${stage}.choice`,
      op: 'If',
      domain: '',
      inputs: [find(done)],
      outputs: open.map(({ value }) => value),
      attributes: {
        then_branch: { type: 'graph', value: branch(`stop.${stage}`, give(stage, stop), new Map(), stop) },
        else_branch: {
          type: 'graph',
          value: branch(`go.${stage}`, from(stage + 1, go), constantsOf(stage + 1), go),
        },
      },
    };
    return [...nodesOf(stage), ...give(stage, results.filter(settled)), choice];
  };
  return Object.freeze({
    ...graph,
    outputs: [...outputs, ...always],
    nodes: from(
      0,
      outputs.map((value, place) => ({ place, value })),
    ),
    constants: constantsOf(0),
  });
}

/** The first stage that needs a node; nodes that none needs are left out. */
function assignNodes(
  makers: ReadonlyMap<string, Node>,
  stages: readonly Stage[],
  always: readonly Value[],
): Map<Node, number> {
  const found = new Map<Node, number>();
  stages.forEach(({ done, results }, stage) => {
    const also = stage === 0 ? always.map(({ name }) => name) : [];
    const open = [...results, ...(done === undefined ? [] : [done]), ...also];
    while (open.length > 0) {
      const node = makers.get(open.pop()!);
      if (!node || found.has(node)) continue;
      found.set(node, stage);
      for (const x of node.inputs) if (x) open.push(x.name);
    }
  });
  return found;
}

/** The first stage that reads a constant, as a node's input or as a result. */
function assignConstants(
  graph: Graph,
  stageOf: ReadonlyMap<Node, number>,
  stages: readonly Stage[],
): Map<string, number> {
  const found = new Map<string, number>();
  const meet = (name: string, stage: number) => {
    if (graph.constants.has(name)) found.set(name, Math.min(stage, found.get(name) ?? stage));
  };
  for (const [node, stage] of stageOf) for (const x of node.inputs) if (x) meet(x.name, stage);
  stages.forEach(({ results }, stage) => {
    for (const name of results) meet(name, stage);
  });
  return found;
}
