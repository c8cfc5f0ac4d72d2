/** Writes a student that is made from its teacher as an ordinary model folder. */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { describe } from '../../models/architectures/index.ts';
import { buildScoringGraph, type WeightSpec } from '../../models/graphs/scoring-graph.ts';
import { normal } from '../../models/initialise.ts';
import { renamed, withLayers, withSides } from '../../models/keep-layers.ts';
import { nextStep } from '../../models/lineage.ts';
import { type Model, openModel } from '../../models/model.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import { Random } from '../../tensor/random.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import { type FreshSizes, layersKept, readStudentSpec, type StudentSpec, sizesOf } from './student-spec.ts';

/** @throws UserError arguments/invalid where the sizes do not go together, file/*, disk/full */
export async function writeStudent(folder: string, teacher: Model, spec: StudentSpec, seed: number): Promise<void> {
  const step = nextStep('distill', { student: spec });
  if (spec.kind === 'fresh') {
    const config = withSizes(teacher.configJson, spec.sizes);
    const student = modelWith(teacher, config, () => undefined);
    const offset = student.architecture.modelTypes.some((type) => type.startsWith('gemma')) ? 1 : 0;
    const deviation = Number(config.initializer_range ?? config.init_std ?? 0.02);
    const t5 = student.architecture.name === 't5';
    const replaced = new Map(
      student.weightSpecs.map((weight, i) => [
        weight.name,
        () => freshValues(weight, new Random([seed, i]), t5 ? deviationOfT5(weight, student) : deviation, offset),
      ]),
    );
    await writeModelFolder(folder, student, { config, replaced, step });
    return;
  }
  const { layers, encoderLayers } = teacher.config as Model['config'] & { readonly encoderLayers?: number };
  const keep = {
    layers: layersKept(spec, layers),
    encoder: encoderLayers === undefined ? undefined : layersKept(spec, encoderLayers),
  };
  const config = keep.encoder
    ? withSides(teacher.configJson, keep)
    : withLayers(teacher.configJson, teacher.config, keep.layers);
  const stored = new Map([...teacher.weights.keys()].map((name) => [renamed(name, keep), name]));
  const student = modelWith(teacher, config, (name) => stored.get(name) ?? name);
  await writeModelFolder(folder, student, { config, step });
}

/** The model of a configuration, each weight from the teacher's that `source` names. */
function modelWith(
  teacher: Model,
  configJson: Readonly<Record<string, unknown>>,
  source: (name: string) => string | undefined,
): Model {
  const described = describe(configJson, (name) => teacher.weights.has(name));
  const { weights: weightSpecs } = buildScoringGraph(described, 1);
  const weights: [string, NonNullable<ReturnType<Model['weights']['get']>>][] = [];
  for (const { name } of weightSpecs) {
    const from = source(name);
    const stored = from === undefined ? undefined : teacher.weights.get(from);
    if (stored) weights.push([name, stored]);
  }
  const parameters = weightSpecs.reduce((n, { shape }) => n + sizeOf(shape), 0);
  return { ...teacher, ...described, configJson, weightSpecs, weights: new Map(weights), parameters };
}

/** What the families call their sizes. */
const KEYS: Readonly<Record<keyof FreshSizes, readonly string[]>> = {
  layers: [
    ...['num_hidden_layers', 'n_layer', 'n_layers'],
    ...['decoder_layers', 'encoder_layers', 'num_decoder_layers', 'num_layers'],
  ],
  width: ['hidden_size', 'n_embd', 'dim', 'd_model'],
  heads: [
    'num_attention_heads',
    'n_head',
    'n_heads',
    'num_heads',
    'decoder_attention_heads',
    'encoder_attention_heads',
  ],
  groups: ['num_key_value_heads'],
  inner: ['intermediate_size', 'n_inner', 'hidden_dim', 'ffn_dim', 'd_ff', 'decoder_ffn_dim', 'encoder_ffn_dim'],
};

/** config.json with other sizes. Sizes that follow from others follow. @throws UserError arguments/invalid */
export function withSizes(json: Readonly<Record<string, unknown>>, asked: FreshSizes): Record<string, unknown> {
  const read = (name: keyof FreshSizes) =>
    Number(KEYS[name].map((key) => json[key]).find((v) => typeof v === 'number'));
  const width = read('width');
  const heads = read('heads');
  const known = {
    layers: read('layers'),
    width,
    heads,
    groups: read('groups') || heads,
    inner: read('inner') || 4 * width,
  };
  const sizes = sizesOf(asked, known);
  const result: Record<string, unknown> = { ...json };
  for (const [name, keys] of Object.entries(KEYS) as [keyof FreshSizes, readonly string[]][]) {
    const present = keys.filter((key) => key in json);
    if (present.length === 0 && asked[name] !== undefined) {
      throw new UserError('arguments/invalid', `the teacher's config.json has no size for ${name}`);
    }
    for (const key of present) {
      if (asked[name] === undefined && (json[key] === null || name === 'layers')) continue;
      result[key] = name === 'layers' ? depthOf(asked, Number(json[key])) : sizes[name];
    }
  }
  if (sizes.width % sizes.heads !== 0) {
    throw new UserError('arguments/invalid', `${sizes.heads} heads do not divide a width of ${sizes.width}`);
  }
  if ('num_key_value_heads' in json && sizes.heads % sizes.groups !== 0) {
    throw new UserError('arguments/invalid', `${sizes.heads} heads do not divide into ${sizes.groups} groups`);
  }
  for (const key of ['head_dim', 'd_kv']) {
    if (typeof json[key] !== 'number' || (sizes.width === width && sizes.heads === heads)) continue;
    result[key] = sizes.width / sizes.heads;
  }
  if (Array.isArray(json.layer_types)) {
    const types = json.layer_types as unknown[];
    result.layer_types = Array.from({ length: sizes.layers }, (_, l) => types[l % types.length]);
  }
  return result;
}

/** An encoder and a decoder may be of different depth: a share is a share of either. */
const depthOf = ({ layers = 1 }: FreshSizes, own: number): number =>
  layers < 1 ? Math.max(1, Math.round(own * layers)) : layers;

/** T5's scores are not scaled, so that its first weights must be (Raffel et al. 2020; as transformers begins it). */
function deviationOfT5({ name, shape }: WeightSpec, { config }: Model): number {
  if (/^shared\.|relative_attention_bias/.test(name)) return name.startsWith('shared') ? 1 : config.width ** -0.5;
  const inputs = shape[1] ?? 1;
  return /\.q\.weight$/.test(name) ? (inputs * config.headDim) ** -0.5 : inputs ** -0.5;
}

/** Matrices normally distributed, norms at one, biases at zero. */
function freshValues({ name, shape }: WeightSpec, random: Random, deviation: number, offset: number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  if (/[._]bias$/.test(name)) return values;
  if (shape.length === 1) return values.fill(1 - offset);
  for (let i = 0; i < values.length; i++) values[i] = deviation * normal(random);
  return values;
}

/**
 * The student that is asked for: a model, or one made of the teacher, which lies beside `out` until `remove` is called.
 * @param resolveModel finds the folder of a model's name
 * @throws UserError arguments/invalid, model/*, weights/*, file/*
 */
export async function openStudent(
  wanted: string,
  teacher: Model,
  out: string,
  seed: number,
  resolveModel: (reference: string) => Promise<string>,
): Promise<{ readonly model: Model; remove(): Promise<void> }> {
  const spec = readStudentSpec(wanted);
  if (!spec) return { model: await openModel(await resolveModel(wanted)), remove: async () => {} };
  const folder = `${resolve(out)}.student`;
  await writeStudent(folder, teacher, spec, seed);
  return { model: await openModel(folder), remove: () => rm(folder, { recursive: true, force: true }) };
}
