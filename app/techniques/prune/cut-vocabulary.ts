/** Vocabulary: tokens go that the data never use, with their rows of the embedding and the head. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../contract/errors.ts';
import { writeJsonAtomically } from '../../files/atomic.ts';
import { buildLossGraph } from '../../models/graphs/training-graph.ts';
import type { Model } from '../../models/model.ts';
import { arrayAt, type Configuration, isObject, objectAt } from '../../models/tokenizers/configuration.ts';
import { countOf } from './amount.ts';
import type { Pruning } from './pruning.ts';
import type { Cut } from './select.ts';
import { cutTokenizer, cutTokenizerConfig, namedIds, renumber } from './tokenizer-cut.ts';
import { chooseTokens, readPieces } from './vocabulary.ts';

/** Files that say again what tokenizer.json says, in ids that no longer hold. */
const STALE = ['vocab.json', 'merges.txt', 'vocab.txt', 'added_tokens.json', 'tokenizer.model'];

export const cutVocabulary: Pruning = async (model, options, { calibration }) => {
  const rows = model.config.vocabulary;
  const [tokenizer, tokenizerConfig, generation] = await Promise.all(
    ['tokenizer.json', 'tokenizer_config.json', 'generation_config.json'].map((name) => readJson(model.folder, name)),
  );
  if (!tokenizer) throw new UserError('tokenizer/missing', `${model.folder} has no tokenizer.json`);
  const used = new Set<number>();
  for (const sequence of await calibration()) for (let i = 0; i < sequence.length; i++) used.add(sequence[i]);
  const added = arrayAt(tokenizer.added_tokens ?? [], 'added_tokens').map((t) => Number(objectAt(t, 'token').id));
  const named = [...added, ...namedIds(model.configJson), ...namedIds(generation ?? {})].filter((id) => id < rows);
  const pieces = readPieces(objectAt(tokenizer.model, 'model'));
  const wishes = { used, named, frequent: options.frequent };
  const needed = chooseTokens(pieces, wishes);
  let { kept } = needed;
  if (options.amount !== undefined) {
    const count = countOf(options.amount, rows, 'tokens', rows - kept.length);
    ({ kept } = chooseTokens(pieces, { ...wishes, atLeast: rows - count }));
  }
  kept = kept.filter((id) => id < rows);
  if (kept.length === rows)
    throw new UserError('prune/too-much', `the data and the safety set need all ${rows} tokens`);
  const ids = new Map(kept.map((id, place) => [id, place]));
  return {
    config: { ...renumber(model.configJson, ids), vocab_size: kept.length },
    cuts: cutsOf(model, kept),
    async also(folder) {
      await Promise.all(STALE.map((name) => rm(join(folder, name), { force: true })));
      await writeJsonAtomically(join(folder, 'tokenizer.json'), cutTokenizer(tokenizer, ids));
      if (tokenizerConfig) {
        await writeJsonAtomically(join(folder, 'tokenizer_config.json'), cutTokenizerConfig(tokenizerConfig, ids));
      }
      if (generation) await writeJsonAtomically(join(folder, 'generation_config.json'), renumber(generation, ids));
    },
    removed: { tokens: rows - kept.length, of: rows, used: needed.used },
  };
};

function cutsOf(model: Model, keep: readonly number[]): Map<string, readonly Cut[]> {
  const { kit } = buildLossGraph(model, { maxLength: 8, trains: () => false });
  const head = model.architecture.head(model.config);
  const cuts = new Map<string, readonly Cut[]>();
  for (const name of [`${kit.tokenEmbedding}.weight`, `${head.name}.weight`]) cuts.set(name, [{ axis: 0, keep }]);
  if (head.bias) cuts.set(`${head.name}.bias`, [{ axis: 0, keep }]);
  if (head.addedRow) cuts.set(head.addedRow, [{ axis: 1, keep }]);
  return cuts;
}

async function readJson(folder: string, name: string): Promise<Configuration | undefined> {
  const text = await readFile(join(folder, name), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (cause) {
    throw new UserError('tokenizer/invalid', `${name} is not valid JSON`, { cause });
  }
  throw new UserError('tokenizer/invalid', `${name} does not hold an object`);
}
