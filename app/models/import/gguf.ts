/** A GGUF file as a Hugging Face folder: weights dequantized, tokenizer rebuilt, tensor by tensor. */
import { basename, join } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { writeFileAtomically, writeFolderAtomically, writeJsonAtomically } from '../../files/atomic.ts';
import { transpose } from '../../tensor/transpose-matrix.ts';
import { describe } from '../architectures/index.ts';
import { buildScoringGraph } from '../graphs/scoring-graph.ts';
import { assertFinite, isBlockType, openGguf, type TensorToWrite, writeShards } from '../weights/index.ts';
import { readConfig } from './gguf-config.ts';
import { GGUF_NAMES, ggufName, isTransposed, modelTypeOf, permuteRotary, regroupFused } from './gguf-names.ts';
import { readTokenizer } from './gguf-tokenizer.ts';
import { Metadata } from './gguf-values.ts';

export interface ImportOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes `out`. Quantized weights become float32, which holds them exactly; others keep their type. Never more than the
 * largest tensor twice in memory.
 * @throws UserError model/unsupported, weights/*, disk/full, file/*
 */
export async function importGguf(path: string, out: string, options: ImportOptions = {}): Promise<void> {
  const source = await openGguf(path);
  try {
    const metadata = new Metadata(source.gguf, path);
    const architecture = metadata.string('general.architecture') ?? '';
    const type = modelTypeOf(architecture);
    if (!type) {
      const known = [...new Set(Object.values(GGUF_NAMES).map((names) => names.architecture))].join(', ');
      throw new UserError(
        'model/unsupported',
        `${path}: the architecture "${architecture}" is not supported (known: ${known})`,
      );
    }
    const names = GGUF_NAMES[type];
    const maxLength = metadata.needed(`${architecture}.context_length`);
    const tokenizer = readTokenizer(metadata, maxLength, path);
    const config = await readConfig(source, metadata, { architecture, type }, tokenizer.ids);
    const described = describe(config);
    const { weights } = buildScoringGraph(described, 1);
    let done = 0;
    const entries = weights.map(({ name, shape }): TensorToWrite => {
      const stored = source.tensors.get(ggufName(names, name) ?? '');
      if (!stored) throw new UserError('weights/missing', `${path} has no tensor for ${name}`);
      const expected = isTransposed(name) ? [...shape].reverse() : shape;
      if (stored.shape.length !== expected.length || expected.some((size, i) => size !== stored.shape[i])) {
        throw new UserError(
          'weights/wrong-shape',
          `${stored.name} is [${stored.shape}], the configuration needs [${expected}]`,
        );
      }
      return {
        name,
        dtype: 'float32',
        shape,
        async produce() {
          options.signal?.throwIfAborted();
          let values = await source.readFloat32(stored.name);
          assertFinite(stored.name, values);
          if (isTransposed(name)) values = transpose(values, shape[1], shape[0]);
          if (names.permuted && /\.(q_proj|k_proj)\.(weight|bias)$/.test(name)) {
            const { heads, keyValueHeads } = described.config;
            values = permuteRotary(values, name.includes('q_proj') ? heads : keyValueHeads, shape[1] ?? 1, true);
          }
          if (names.normOffset && /norm\.weight$/.test(name)) values = values.map((v) => v - names.normOffset!);
          if (names.fusedByPart && name.includes('query_key_value')) {
            values = regroupFused(values, described.config.heads, shape[1] ?? 1, false);
          }
          options.onProgress?.(++done, weights.length);
          return values;
        },
      };
    });
    const { bos, eos, pad } = tokenizer.ids;
    await writeFolderAtomically(out, async (folder) => {
      await writeJsonAtomically(join(folder, 'config.json'), config);
      await writeFileAtomically(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer.tokenizer));
      await writeJsonAtomically(join(folder, 'tokenizer_config.json'), tokenizer.tokenizerConfig);
      await writeJsonAtomically(join(folder, 'generation_config.json'), {
        bos_token_id: bos,
        eos_token_id: eos,
        pad_token_id: pad,
      });
      if (tokenizer.template !== undefined)
        await writeFileAtomically(join(folder, 'chat_template.jinja'), tokenizer.template);
      await writeShards(folder, entries);
      const quantized = [...new Set([...source.tensors.values()].map((t) => t.dtype).filter(isBlockType))];
      await writeJsonAtomically(join(folder, 'lathe.json'), {
        version: 1,
        source: basename(path),
        format: 'gguf',
        storedTypes: quantized,
        steps: [],
      });
    });
  } finally {
    await source.close();
  }
}
