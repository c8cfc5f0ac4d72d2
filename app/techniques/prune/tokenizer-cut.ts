/** Rewrites tokenizer.json and the files that name token ids for a vocabulary of which only some tokens are left. */
import { arrayAt, type Configuration, isObject, objectAt } from '../../models/tokenizers/configuration.ts';
import { sidesOf } from './vocabulary.ts';

type Mapping = ReadonlyMap<number, number>;

/** @param ids old id -> new id of the tokens that stay; every added token must be among them */
export function cutTokenizer(json: Configuration, ids: Mapping): Configuration {
  const model = objectAt(json.model, 'model');
  const added = arrayAt(json.added_tokens ?? [], 'added_tokens').map((token) => {
    const entry = objectAt(token, 'added_tokens');
    return { ...entry, id: ids.get(Number(entry.id)) };
  });
  return {
    ...json,
    added_tokens: added,
    model: cutModel(model, ids),
    post_processor: cutPostProcessor(json.post_processor, ids),
  };
}

function cutModel(model: Configuration, ids: Mapping): Configuration {
  if (Array.isArray(model.vocab)) {
    const unknown = typeof model.unk_id === 'number' ? ids.get(model.unk_id) : model.unk_id;
    return { ...model, unk_id: unknown, vocab: model.vocab.filter((_, id) => ids.has(id)) };
  }
  const vocab: [string, number][] = [];
  for (const [token, id] of Object.entries(objectAt(model.vocab, 'model.vocab'))) {
    const fresh = ids.get(Number(id));
    if (fresh !== undefined) vocab.push([token, fresh]);
  }
  vocab.sort((a, b) => a[1] - b[1]);
  const left = new Set(vocab.map(([token]) => token));
  const prefix = typeof model.continuing_subword_prefix === 'string' ? model.continuing_subword_prefix.length : 0;
  const merges = Array.isArray(model.merges)
    ? model.merges.filter((merge) => {
        const [a, b] = sidesOf(merge);
        return left.has(a) && left.has(b) && left.has(a + b.slice(prefix));
      })
    : model.merges;
  return { ...model, vocab: Object.fromEntries(vocab), ...(merges === undefined ? {} : { merges }) };
}

function cutPostProcessor(value: unknown, ids: Mapping): unknown {
  if (!isObject(value)) return value;
  const result: Record<string, unknown> = { ...value };
  if (Array.isArray(value.processors)) result.processors = value.processors.map((p) => cutPostProcessor(p, ids));
  for (const key of ['cls', 'sep']) {
    const pair = value[key];
    if (Array.isArray(pair)) result[key] = [pair[0], ids.get(Number(pair[1]))];
  }
  if (isObject(value.special_tokens)) {
    result.special_tokens = Object.fromEntries(
      Object.entries(value.special_tokens).map(([name, entry]) => [
        name,
        {
          ...(entry as Configuration),
          ids: arrayAt((entry as Configuration).ids, 'ids').map((id) => ids.get(Number(id))),
        },
      ]),
    );
  }
  return result;
}

const ID_KEY = /(^|_)token_ids?$|^suppress_tokens$|^begin_suppress_tokens$/;

/** Every id that config.json or generation_config.json names. */
export function namedIds(json: Configuration): number[] {
  return Object.entries(json).flatMap(([key, value]) =>
    ID_KEY.test(key) ? [value].flat().filter((id): id is number => typeof id === 'number' && id >= 0) : [],
  );
}

/** The same file with new ids; lists lose the ids that are gone. */
export function renumber(json: Configuration, ids: Mapping): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => {
      if (!ID_KEY.test(key)) return [key, value];
      if (Array.isArray(value)) return [key, value.flatMap((id) => ids.get(Number(id)) ?? [])];
      return [key, typeof value === 'number' ? (ids.get(value) ?? value) : value];
    }),
  );
}

/** tokenizer_config.json: `added_tokens_decoder` is keyed by id. */
export function cutTokenizerConfig(json: Configuration, ids: Mapping): Configuration {
  if (!isObject(json.added_tokens_decoder)) return json;
  const decoder = Object.entries(json.added_tokens_decoder).flatMap(([id, token]) => {
    const fresh = ids.get(Number(id));
    return fresh === undefined ? [] : [[String(fresh), token] as const];
  });
  return { ...json, added_tokens_decoder: Object.fromEntries(decoder) };
}
