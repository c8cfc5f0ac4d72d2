/** A folder for onnxruntime-genai: model.onnx with its data, genai_config.json, and the tokenizer with its template. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../contract/errors.ts';
import { writeJsonAtomically } from '../files/atomic.ts';
import { pastName, presentName } from '../models/graphs/cache-kit.ts';
import type { StoredModel } from '../models/stored.ts';
import type { Tokenizer } from '../models/tokenizer.ts';
import { copyCompanions } from '../models/write-folder.ts';
import { LONGEST, writeDecodingFile } from '../models/write-onnx.ts';
import { openOnnx } from '../onnx/open.ts';
import { compareTexts } from './check.ts';
import { compareFile } from './compare-file.ts';
import { findTokenizer } from './compare-text.ts';
import type { ExportTarget } from './target.ts';
import { writeTokenizerTexts } from './transformers-js-texts.ts';
import { writeWeightsFile } from './weights-file.ts';
import { isWhole } from './whole.ts';

export const onnxruntimeGenai: ExportTarget = {
  name: 'onnxruntime-genai',
  summary: 'ONNX Runtime GenAI: generation in Python, C#, C++ and Java, on servers and phones',
  async write(model, folder, options) {
    if (isWhole(model)) {
      throw new UserError('arguments/incompatible', 'this model generates nothing: export it with --target onnx');
    }
    const tokenizer = await findTokenizer(model.folder);
    await mkdir(folder, { recursive: true });
    await copyCompanions(model.folder, folder);
    await writeTokenizerTexts(model, folder);
    const path = join(folder, 'model.onnx');
    const stored = await writeWeightsFile(model, `${path}_data`);
    await writeDecodingFile(path, stored);
    const { graph } = await openOnnx(path);
    const inputs = new Set(graph.inputs.map(({ name }) => name));
    await writeJsonAtomically(join(folder, 'genai_config.json'), await configuration(model, tokenizer, inputs));
    return [...(await compareFile(path, stored, options)), ...(await compareTexts(model.folder, folder))];
  },
};

/** What onnxruntime-genai has a name of its own for; to everything else it says `decoder`. */
const TYPES = /^(gemma|gemma2|gemma3_text|granite|llama|mistral|olmo|phi|phi3|qwen2|qwen3|smollm3)$/;

async function configuration(model: StoredModel, tokenizer: Tokenizer | undefined, inputs: ReadonlySet<string>) {
  const { config, configJson, folder } = model;
  const type = String(configJson.model_type);
  const id = (name: string, known: number | undefined) => known ?? (configJson[name] as number | undefined);
  const stops = tokenizer?.stopIds ?? [];
  const eos = stops.length > 1 ? stops : (stops[0] ?? (configJson.eos_token_id as number | undefined));
  const context = Math.min(config.maxLength, LONGEST);
  const settings = await readFile(join(folder, 'generation_config.json'), 'utf8').then(JSON.parse, () => ({}));
  const layered = (name: (layer: number, part: 'key' | 'value') => string, part: 'key' | 'value') =>
    name(0, part).replace('.0.', '.%d.');
  return {
    model: {
      bos_token_id: id('bos_token_id', tokenizer?.bosId) ?? 0,
      context_length: context,
      decoder: {
        session_options: { log_id: 'onnxruntime-genai', provider_options: [] },
        filename: 'model.onnx',
        head_size: config.headDim,
        hidden_size: config.width,
        inputs: {
          input_ids: 'input_ids',
          attention_mask: 'attention_mask',
          ...(inputs.has('position_ids') ? { position_ids: 'position_ids' } : {}),
          past_key_names: layered(pastName, 'key'),
          past_value_names: layered(pastName, 'value'),
        },
        outputs: {
          logits: 'logits',
          present_key_names: layered(presentName, 'key'),
          present_value_names: layered(presentName, 'value'),
        },
        num_attention_heads: config.heads,
        num_hidden_layers: config.layers,
        num_key_value_heads: config.keyValueHeads,
      },
      eos_token_id: eos ?? 0,
      pad_token_id: id('pad_token_id', tokenizer?.padId) ?? (Array.isArray(eos) ? eos[0] : (eos ?? 0)),
      type: TYPES.test(type) ? type : 'decoder',
      vocab_size: config.vocabulary,
    },
    search: {
      do_sample: settings.do_sample === true,
      max_length: context,
      min_length: 0,
      num_beams: 1,
      num_return_sequences: 1,
      past_present_share_buffer: true,
      repetition_penalty: settings.repetition_penalty ?? 1,
      temperature: settings.temperature ?? 1,
      top_k: settings.top_k ?? 50,
      top_p: settings.top_p ?? 1,
    },
  };
}
