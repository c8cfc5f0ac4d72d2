/** GGUF for llama.cpp and everything built on it: half precision, and blocks of 8 to 2 bits. */
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { writeFileAtomically } from '../../files/atomic.ts';
import { Decoder } from '../../generate/decoder.ts';
import { findChatTemplate } from '../../models/chat-template.ts';
import { importGguf } from '../../models/import/gguf.ts';
import {
  GGUF_NAMES,
  GGUF_WRITTEN,
  type GgufNames,
  ggufName,
  isTransposed,
  permuteRotary,
  transpose,
} from '../../models/import/gguf-names.ts';
import { nextStep } from '../../models/lineage.ts';
import { openModel } from '../../models/model.ts';
import { openStored, type StoredModel } from '../../models/stored.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { readFloats } from '../../models/weights/constants.ts';
import { type Importance, readImportance } from '../../models/weights/gguf/imatrix.ts';
import {
  dequantizeBlocks,
  type GgufTensorToWrite,
  type GgufValue,
  quantizeBlocks,
  type WritableBlock,
  writeGguf,
} from '../../models/weights/index.ts';
import { writeModelFolder } from '../../models/write-folder.ts';
import { encodeFloat16 } from '../../tensor/half.ts';
import { type Check, compareOracles, compareTexts } from '../check.ts';
import { decoderOracle } from '../oracles.ts';
import type { ExportOptions, ExportTarget } from '../target.ts';
import { FILE_TYPES, type FileType, GGUF_TYPES } from './file-types.ts';
import { architectureMetadata } from './metadata.ts';
import { modelfile } from './modelfile.ts';
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
  { threads, prompts, imatrix }: ExportOptions,
): Promise<readonly Check[]> {
  if (model.formats.size > 0) {
    throw new UserError('arguments/incompatible', 'a model quantized for ONNX cannot become GGUF: export its source');
  }
  const names = GGUF_NAMES[String(model.configJson.model_type)];
  if (!names || names.readOnly)
    throw new UserError(
      'arguments/incompatible',
      `no GGUF export for ${String(model.configJson.model_type)} yet (for ${GGUF_WRITTEN.join(', ')}): safetensors and the ONNX targets take it`,
    );
  const path = join(folder, `${basename(model.folder)}-${type}.gguf`);
  const form: Form = { names, type, importance: imatrix === undefined ? undefined : await readImportance(imatrix) };
  await writeGguf(path, await metadataOf(model, names, type), tensorsOf(model, form));
  await writeFileAtomically(join(folder, 'Modelfile'), await modelfile(model, basename(path)));
  // Read back by the importer, which knows nothing of what was written, and compared with the source: for a lossy type
  // with the source rounded to the same blocks, so that a wrong layout cannot hide behind the rounding.
  const [back, rounded] = [join(folder, '.read-back'), join(folder, '.rounded')];
  try {
    await importGguf(path, back);
    if (type !== 'f16') await writeRounded(model, form, rounded);
    const source = type === 'f16' ? model : await openStored(rounded);
    return await compare(source, back, model.folder, { threads, prompts });
  } finally {
    await rm(back, { recursive: true, force: true });
    await rm(rounded, { recursive: true, force: true });
  }
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

/** How the weights of a file are stored. */
interface Form {
  readonly names: GgufNames;
  readonly type: FileType;
  readonly importance?: Importance;
}

/** @throws UserError weights/wrong-shape for the importance matrix of another model */
function columnsOf({ names, importance }: Form, weight: string, width: number): Float32Array | undefined {
  const columns = importance?.columns.get(ggufName(names, weight) ?? '');
  if (columns && columns.length !== width) {
    const counts = `${columns.length} columns, not ${width}`;
    throw new UserError(
      'weights/wrong-shape',
      `the importance matrix gives ${weight} ${counts}: it is of another model`,
    );
  }
  return columns;
}

async function writeRounded(model: StoredModel, form: Form, folder: string): Promise<void> {
  const { names, type } = form;
  const replaced = new Map(
    [...model.weights].map(([weight, constant]) => [
      weight,
      async () => {
        const values = await readFloats(constant);
        const dtype = storedType(names, weight, constant.shape, type);
        if (dtype === 'float32' || dtype === 'float16') return values;
        const [rows, columns] = constant.shape;
        const importance = columnsOf(form, weight, isTransposed(weight) ? rows : columns);
        const round = (matrix: Float32Array) => dequantizeBlocks(dtype, quantizeBlocks(dtype, matrix, importance));
        if (!isTransposed(weight)) return round(values);
        const turned = round(transpose(values, rows, columns));
        return transpose(turned, columns, rows);
      },
    ]),
  );
  await writeModelFolder(folder, await openModel(model.folder), {
    replaced,
    dtype: 'float32',
    step: nextStep('round', { type }),
  });
}

/** What a weight is stored as is written in. */
function storedType(
  names: GgufNames,
  weight: string,
  stored: readonly number[],
  type: FileType,
): 'float32' | 'float16' | WritableBlock {
  const { matrix, table, narrow = matrix } = FILE_TYPES[type];
  const name = ggufName(names, weight) ?? '';
  const columns = isTransposed(weight) ? stored[0] : stored[1];
  if (stored.length === 1 || name.startsWith('position_embd')) return 'float32';
  const wanted = /^(token_embd|output)\./.test(name) ? table : columns % 256 === 0 ? matrix : narrow;
  // Rows that are no whole blocks stay in half precision, as llama.cpp's own converter leaves them.
  return wanted !== 'float16' && columns % 32 !== 0 ? 'float16' : wanted;
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

function tensorsOf(model: StoredModel, form: Form): GgufTensorToWrite[] {
  const { names, type } = form;
  return [...model.weights].map(([weight, constant]) => {
    const name = ggufName(names, weight);
    if (!name) throw new UserError('arguments/incompatible', `GGUF has no name for ${weight}`);
    // GPT-2 stores its linear layers [in, out]; position and token tables are not linear layers.
    const transposed = isTransposed(weight);
    const shape = transposed ? [...constant.shape].reverse() : constant.shape;
    const dtype = storedType(names, weight, constant.shape, type);
    return {
      name,
      dtype,
      shape,
      async produce() {
        let values = await readFloats(constant);
        if (transposed) values = transpose(values, constant.shape[0], constant.shape[1]);
        if (names.permuted && /\.(q_proj|k_proj)\.(weight|bias)$/.test(weight)) {
          const heads = weight.includes('q_proj') ? model.config.heads : model.config.keyValueHeads;
          values = permuteRotary(values, heads, shape[1] ?? 1, false);
        }
        if (dtype === 'float32') return values;
        if (dtype === 'float16') return encodeFloat16(values);
        return quantizeBlocks(dtype, values, columnsOf(form, weight, shape[1]));
      },
    };
  });
}
