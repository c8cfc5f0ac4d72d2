/** What a run trains: adapters on which modules, which modules whole, or every weight; and what each begins with. */
import { assertNever, UserError } from '../../contract/errors.ts';
import { type Adapter, readAdapter } from '../../models/adapter.ts';
import type { LinearSpec } from '../../models/architectures/kit.ts';
import type { AdapterSpec } from '../../models/graphs/adapter.ts';
import type { SequenceKit } from '../../models/graphs/sequence-kit.ts';
import { buildLossGraph, type TrainingGraph } from '../../models/graphs/training-graph.ts';
import type { Model } from '../../models/model.ts';
import { readFloats } from '../../models/weights/constants.ts';
import type { TypedArray } from '../../tensor/dtype.ts';
import { HeldBase } from './held-base.ts';
import { chooseModules, initialAdapter, readPattern, rowSquares } from './lora.ts';
import type { FinetuneOptions } from './schema.ts';
import { Starts } from './starts.ts';

export interface Selection {
  readonly linears: ReadonlyMap<string, LinearSpec>;
  /** Modules with adapters; absent where every weight is trained. */
  readonly modules?: ReadonlyMap<string, AdapterSpec>;
  /** Modules that are trained whole beside adapters. */
  readonly whole: readonly string[];
  /** Where adapters begin at a part of the weights. */
  readonly starts?: Starts;
  /** The adapter that training starts from. */
  readonly given?: Adapter;
  /** Of the model's own weights. */
  trains(weight: string): boolean;
}

/** @throws UserError arguments/invalid, arguments/incompatible, file/*, weights/* */
export async function selectTrained(model: Model, options: FinetuneOptions): Promise<Selection> {
  const adapts = options.method !== 'full' && options.method !== 'freeze';
  const given = options.adapter === undefined ? undefined : await readAdapter(options.adapter);
  if (given && !adapts) throw new UserError('arguments/incompatible', '--adapter goes with --method lora or dora');
  const { kit } = buildLossGraph(model, { maxLength: 8, trains: () => false });
  const { linears } = kit;
  if (given) assertFits(given, linears, model.folder);
  if (options.method === 'freeze') return { linears, whole: [], trains: partOf(model, kit, options) };
  if (!adapts) return { linears, whole: [], trains: () => true };
  const whole = wholeModules(model, given, linears);
  const isWhole = (weight: string) => whole.some((module) => weight.startsWith(`${module}.`));
  const adaptable = new Map([...linears].filter(([name]) => !isWhole(`${name}.`)));
  const modules =
    given?.modules ??
    chooseModules(adaptable, {
      ...options,
      rankStabilised: options.rslora,
      ranks: readPattern('--ranks', options.ranks),
      alphas: readPattern('--alphas', options.alphas),
      magnitude: options.method === 'dora',
    });
  if (options.init !== 'zero' && given) throw new UserError('arguments/incompatible', '--init goes without --adapter');
  const read = (path: string) => readFloats(model.weights.get(path)!);
  const starts = options.init === 'zero' ? undefined : new Starts(options.init, modules, linears, read);
  return { linears, modules: withDropout(modules, options.dropout), whole, starts, given, trains: isWhole };
}

/** @throws UserError adapter/other-base */
export function assertFits(
  { modules, weights, config }: Adapter,
  linears: ReadonlyMap<string, LinearSpec>,
  folder: string,
): void {
  const made = config.base_model_name_or_path ? ` (it was made for ${config.base_model_name_or_path})` : '';
  for (const module of modules.keys()) {
    const spec = linears.get(module);
    if (!spec)
      throw new UserError('adapter/other-base', `${folder} has no layer ${module} that the adapter adapts${made}`);
    const [a, b] = [weights.get(`${module}.lora_A.weight`), weights.get(`${module}.lora_B.weight`)];
    if (a?.shape[1] !== spec.inputs || b?.shape[0] !== spec.outputs) {
      const has = `${b?.shape[0]} by ${a?.shape[1]}`;
      throw new UserError(
        'adapter/other-base',
        `the adapter's ${module} is ${has}, that of ${folder} ${spec.outputs} by ${spec.inputs}${made}`,
      );
    }
  }
}

/** The weights that `freeze` trains. */
function partOf(
  { architecture, config, task }: Model,
  kit: SequenceKit,
  { trainParts, lastLayers }: FinetuneOptions,
): (weight: string) => boolean {
  const layers = 1 + Math.max(-1, ...kit.layerOf.values());
  switch (trainParts) {
    case 'layers':
      return (weight) => (kit.layerOf.get(weight) ?? -1) >= layers - lastLayers;
    case 'embeddings': {
      const tables = [kit.tokenEmbedding, task.kind === 'next-token' ? architecture.head(config).name : undefined];
      return (weight) => tables.some((table) => table !== undefined && weight.startsWith(`${table}.`));
    }
    case 'norms':
      return (weight) =>
        kit.weights.get(weight)?.shape.length === 1 && !kit.linears.has(weight.slice(0, weight.lastIndexOf('.')));
    default:
      return assertNever(trainParts);
  }
}

const withDropout = (modules: ReadonlyMap<string, AdapterSpec>, dropout: number): Map<string, AdapterSpec> =>
  new Map([...modules].map(([name, spec]) => [name, { ...spec, dropout }]));

/** What each trained weight, and each frozen one that has to be read, begins with. */
export function initialValues(
  model: Model,
  { given, linears, modules, starts }: Selection,
  { trained, frozen }: Pick<TrainingGraph, 'trained' | 'frozen'>,
  seed: number,
): (name: string) => Promise<TypedArray> {
  const shapes = new Map(trained.map(({ name, shape }) => [name, shape]));
  const base = async (path: string) => {
    const values = await readFloats(model.weights.get(path)!);
    const module = path.slice(0, path.lastIndexOf('.'));
    return starts && path.endsWith('.weight') && modules?.has(module) ? starts.takeOut(module, values) : values;
  };
  const held = new HeldBase(frozen, linears, base);
  /** Squared lengths of the rows of a module's weight as the graph computes with it. */
  const squares = async (module: string) => {
    const [path, spec] = [`${module}.weight`, linears.get(module)!];
    return held.holds(path)
      ? rowSquares(await held.floats(path), { ...spec, layout: 'out-in' })
      : rowSquares(await base(path), spec);
  };
  return async (name) => {
    const stored = given?.weights.get(name);
    if (stored) return readFloats(stored);
    if (model.weights.has(name)) return base(name);
    const part = await held.value(name);
    if (part) return part;
    const derived = /^(.*)\.(lora_magnitude_vector|weight\.row_squares)$/.exec(name);
    const matrix = /^(.*)\.lora_([AB])\.weight$/.exec(name);
    if (matrix && starts) return (await starts.of(matrix[1]))[matrix[2] === 'A' ? 'a' : 'b'];
    if (!derived) return initialAdapter(name, shapes.get(name)!, seed);
    const [, module, what] = derived;
    if (what !== 'lora_magnitude_vector') return squares(module);
    // A row begins as long as it is in the model: the adapter adds nothing yet, or what was taken out.
    const whole = starts && rowSquares(await readFloats(model.weights.get(`${module}.weight`)!), linears.get(module)!);
    return (whole ?? (await squares(module))).map(Math.sqrt);
  };
}

/** Modules that LoRA trains whole: what the given adapter does, else a classifier's own layers, which begin random. */
function wholeModules(
  { architecture, task }: Model,
  given: Adapter | undefined,
  linears: ReadonlyMap<string, unknown>,
): string[] {
  if (given) return [...new Set([...given.whole].map((weight) => weight.slice(0, weight.lastIndexOf('.'))))];
  if (task.kind !== 'classification') return [];
  const heads = architecture.kind === 'encoder' ? ['classifier', 'pre_classifier', 'head'] : ['score'];
  return heads.filter((head) => [...linears.keys()].some((name) => name === head || name.startsWith(`${head}.`)));
}
