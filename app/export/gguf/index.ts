/** GGUF for llama.cpp and everything built on it: half precision, and blocks of 8 to 2 bits. */
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { writeFileAtomically } from '../../files/atomic.ts';
import { Decoder } from '../../generate/decoder.ts';
import { findChatTemplate } from '../../models/chat-template.ts';
import { importGguf } from '../../models/import/gguf.ts';
import { GGUF_NAMES, GGUF_WRITTEN, type GgufNames, ggufName } from '../../models/import/gguf-names.ts';
import { openStored, type StoredModel } from '../../models/stored.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { readImportance } from '../../models/weights/gguf/imatrix.ts';
import { type GgufValue, writeGguf } from '../../models/weights/index.ts';
import { type Check, compareOracles, compareTexts } from '../check.ts';
import { decoderOracle } from '../oracles.ts';
import type { ExportOptions, ExportTarget } from '../target.ts';
import { FILE_TYPES, type FileType, GGUF_TYPES } from './file-types.ts';
import { architectureMetadata } from './metadata.ts';
import { modelfile } from './modelfile.ts';
import { rotaryTensors } from './rotary.ts';
import { assertUsed, planOf, readWishes } from './tensor-types.ts';
import { type Form, namesOf, tensorsOf, writeRounded } from './tensors.ts';
import { tokenizerMetadata } from './tokenizer.ts';

export const gguf: readonly ExportTarget[] = GGUF_TYPES.map((type) => ({
  name: `gguf-${type}`,
  type,
  summary: `llama.cpp, Ollama, LM Studio: ${type}`,
  write: (model, folder, options) => write(model, folder, type, options),
}));

async function write(
  model: StoredModel,
  folder: string,
  type: FileType,
  options: ExportOptions,
): Promise<readonly Check[]> {
  if (model.formats.size > 0) {
    throw new UserError(
      'arguments/incompatible',
      'a model quantized for ONNX cannot become GGUF: export its source, with this one as the plan to keep its bits',
    );
  }
  const names = GGUF_NAMES[String(model.configJson.model_type)];
  if (!names)
    throw new UserError(
      'arguments/incompatible',
      `no GGUF export for ${String(model.configJson.model_type)} yet (for ${GGUF_WRITTEN.join(', ')}): safetensors and the ONNX targets take it`,
    );
  const path = join(folder, `${basename(model.folder)}-${type}.gguf`);
  const form = await formOf(model, names, type, options);
  const tensors = [...rotaryTensors(model), ...tensorsOf(model, form)];
  await writeGguf(path, await metadataOf(model, names, type), tensors);
  await writeFileAtomically(join(folder, 'Modelfile'), await modelfile(model, basename(path)));
  // Read back by the importer, which knows nothing of what was written, and compared with the source: for a lossy type
  // with the source rounded to the same blocks, so that a wrong layout cannot hide behind the rounding.
  const [back, rounded] = [join(folder, '.read-back'), join(folder, '.rounded')];
  const lossy = tensors.some(({ dtype }) => dtype !== 'float32' && dtype !== 'float16');
  try {
    await importGguf(path, back);
    if (lossy) await writeRounded(model, form, rounded);
    return await compare(lossy ? await openStored(rounded) : model, back, model.folder, options);
  } finally {
    await rm(back, { recursive: true, force: true });
    await rm(rounded, { recursive: true, force: true });
  }
}

/** @throws UserError arguments/invalid, arguments/incompatible for wishes and plans that are not this model's */
async function formOf(
  model: StoredModel,
  names: GgufNames,
  type: FileType,
  { imatrix, tensorTypes = [], plan }: ExportOptions,
): Promise<Form> {
  const { layers, heads, keyValueHeads } = model.config;
  const importance = imatrix === undefined ? undefined : await readImportance(imatrix);
  const wishes = readWishes(tensorTypes);
  const planned = plan === undefined ? undefined : await openStored(plan);
  if (planned && planned.formats.size === 0) {
    throw new UserError('arguments/incompatible', 'the plan is no quantized model: it has no bits to carry over');
  }
  const form: Form = {
    names,
    importance,
    choice: {
      type,
      wishes,
      layers,
      queriesPerKey: heads / keyValueHeads,
      importance: importance !== undefined,
      tied: ![...model.weights.keys()].some((weight) => ggufName(names, weight)?.startsWith('output.')),
      plan: planned && planOf(planned.formats, (weight) => ggufName(names, weight)),
    },
  };
  const known = [...model.weights.keys()].flatMap((weight) => namesOf(form, weight));
  assertUsed(wishes, known);
  const strange = [...(form.choice.plan?.keys() ?? [])].find((name) => !known.includes(name));
  if (strange)
    throw new UserError('arguments/incompatible', `the plan is of another model: this one has no ${strange}`);
  return form;
}

async function compare(
  source: StoredModel,
  back: string,
  original: string,
  { threads, prompts }: ExportOptions,
): Promise<readonly Check[]> {
  const expected = await Decoder.open(source, { threads, maxLength: 256 });
  const exported = await Decoder.open(await openStored(back), { threads, maxLength: 256 });
  try {
    const options = { prompts, tokens: 8, tolerance: 5e-3 };
    const checks = await compareOracles(decoderOracle(expected), decoderOracle(exported), options);
    return [...checks, ...(await compareTexts(original, back))];
  } finally {
    expected.dispose();
    exported.dispose();
  }
}

async function metadataOf(model: StoredModel, names: GgufNames, type: FileType): Promise<Map<string, GgufValue>> {
  const tokenizer = await loadTokenizer(model.folder);
  const ids = {
    bos: tokenizer.bosId,
    eos: tokenizer.eosId,
    pad: tokenizer.padId,
    unknown: tokenizer.unknownId,
  };
  const metadata = new Map<string, GgufValue>([
    ['general.architecture', { type: 'string', value: names.architecture }],
    ['general.name', { type: 'string', value: basename(model.folder) }],
    ['general.file_type', { type: 'uint32', value: FILE_TYPES[type].id }],
    ['general.quantization_version', { type: 'uint32', value: 2 }],
    ...architectureMetadata(model, names.architecture),
    ...(await tokenizerMetadata(model.folder, model.config.vocabulary, ids)),
  ]);
  const addsBos = tokenizer.bosId !== undefined && tokenizer.encode('a', { special: true })[0] === tokenizer.bosId;
  metadata.set('tokenizer.ggml.add_bos_token', { type: 'bool', value: addsBos });
  const template = await findChatTemplate(model.folder);
  if (template)
    metadata.set('tokenizer.chat_template', { type: 'string', value: template.sources.get('default') ?? '' });
  return metadata;
}
