/** A LoRA adapter in PEFT's form as GGUF, which llama.cpp and Ollama add to the GGUF of its base model. */
import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { type Adapter, readAdapter } from '../../models/adapter.ts';
import { adapterNames } from '../../models/graphs/adapter.ts';
import { GGUF_NAMES, GGUF_WRITTEN, type GgufNames, ggufName } from '../../models/import/gguf-names.ts';
import type { StoredModel } from '../../models/stored.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { type GgufTensorToWrite, type GgufValue, openGguf, writeGguf } from '../../models/weights/index.ts';
import type { Check } from '../check.ts';
import type { ExportTarget } from '../target.ts';
import { inOrder } from './tensors.ts';

export const ggufLora: ExportTarget = {
  name: 'gguf-lora',
  summary: 'llama.cpp, Ollama: an adapter by itself, for the GGUF of its base model',
  needsAdapter: true,
  async write(model, folder, { adapter: source }) {
    if (source === undefined) {
      throw new UserError(
        'arguments/invalid',
        'gguf-lora exports an adapter of the model: name its folder with --adapter',
      );
    }
    const names = GGUF_NAMES[String(model.configJson.model_type)];
    if (!names) {
      throw new UserError(
        'arguments/incompatible',
        `no GGUF adapters for ${String(model.configJson.model_type)} yet (for ${GGUF_WRITTEN.join(', ')})`,
      );
    }
    const adapter = await readAdapter(source);
    assertPlain(adapter);
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${basename(resolve(source))}.gguf`);
    const tensors = [...adapter.modules.keys()].flatMap((module) => pairOf(model, names, adapter, module));
    await writeGguf(path, metadataOf(names, adapter), tensors);
    return [await compare(path, tensors)];
  },
};

/** @throws UserError arguments/incompatible for what GGUF adapters cannot say */
function assertPlain({ config, whole, modules }: Adapter): void {
  const reason = config.use_dora
    ? 'DoRA has magnitudes'
    : whole.size > 0
      ? 'it holds whole weights too'
      : modules.size === 0
        ? 'it holds no LoRA matrices'
        : undefined;
  if (reason === undefined) return;
  throw new UserError(
    'arguments/incompatible',
    `GGUF has no place for this adapter (${reason}): merge it with lathe models merge and export the result as gguf`,
  );
}

const text = (value: string): GgufValue => ({ type: 'string', value });

const metadataOf = ({ architecture }: GgufNames, { config }: Adapter): Map<string, GgufValue> =>
  new Map([
    ['general.type', text('adapter')],
    ['general.architecture', text(architecture)],
    ['adapter.type', text('lora')],
    ['adapter.lora.alpha', { type: 'float32', value: config.lora_alpha }],
  ]);

/** llama.cpp scales by alpha / rank of the file; what a module has instead goes into B. */
function pairOf(model: StoredModel, names: GgufNames, adapter: Adapter, module: string): GgufTensorToWrite[] {
  const weight = `${module}.weight`;
  const name = ggufName(names, weight);
  if (!name || !model.weights.has(weight)) {
    throw new UserError(
      'arguments/incompatible',
      `the adapter is of another model: this one has no ${weight} to add to`,
    );
  }
  const { a, b } = adapterNames(module);
  const [stored, grown] = [adapter.weights.get(a), adapter.weights.get(b)];
  if (!stored || !grown) throw new UserError('weights/missing', `the adapter has only one matrix of ${module}`);
  const { rank, scale } = adapter.modules.get(module)!;
  const factor = (scale * rank) / adapter.config.lora_alpha;
  return [
    { name: `${name}.lora_a`, dtype: 'float32', shape: stored.shape, produce: () => readFloats(stored) },
    {
      name: `${name}.lora_b`,
      dtype: 'float32',
      shape: grown.shape,
      async produce() {
        const values = await readFloats(grown);
        const scaled = factor === 1 ? values : values.map((value) => value * factor);
        return inOrder(model, names, weight, scaled, rank);
      },
    },
  ];
}

/** The file read again holds what was meant to be in it. */
async function compare(path: string, tensors: readonly GgufTensorToWrite[]): Promise<Check> {
  const source = await openGguf(path);
  try {
    let same = 0;
    for (const { name, produce } of tensors) {
      const [expected, actual] = [(await produce()) as Float32Array, await source.readFloat32(name)];
      if (actual.length === expected.length && expected.every((value, i) => value === actual[i])) same += 1;
    }
    return { name: 'same matrices', passed: same === tensors.length, detail: `${same} of ${tensors.length}` };
  } finally {
    await source.close();
  }
}
