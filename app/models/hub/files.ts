/** The files of a repository: their list, checked, and which of them a model needs. */
import { listFiles, modelInfo } from '@huggingface/hub';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { isPickle } from '../weights/open.ts';
import type { HubReference } from './reference.ts';
import { withRefusals } from './refusals.ts';
import { hubFetch } from './request.ts';
import type { HubSettings } from './settings.ts';

export interface HubFile {
  /** Relative to the repository, with slashes; proved to stay inside. */
  readonly path: string;
  readonly sizeBytes: number;
  /** sha256 of the bytes for large files; git's blob hash (sha1) for the others. */
  readonly hash?: { readonly kind: 'sha256' | 'git'; readonly hex: string };
}

export interface Repository {
  /** The commit that the revision means now, so that no file of another one gets in between. */
  readonly commit: string;
  readonly files: readonly HubFile[];
}

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const entrySchema = z.object({
  type: z.string(),
  path: z.string().min(1),
  size: count,
  oid: z.string().optional(),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: count }).optional(),
});
const commitSchema = z.string().regex(/^[0-9a-f]{40}$/);
const MOST_FILES = 50_000;

/** @throws UserError hub/*, file/outside-folder for a name that leaves the repository's folder */
export async function readRepository(
  { repo, revision }: HubReference,
  settings: HubSettings,
  signal?: AbortSignal,
): Promise<Repository> {
  const { endpoint: hubUrl, token } = settings;
  const common = { hubUrl, fetch: hubFetch(settings, signal), ...(token ? { accessToken: token } : {}) };
  const what = revision === 'main' ? repo : `${repo} at ${revision}`;
  return await withRefusals(what, token !== undefined, async () => {
    const info = await modelInfo({ name: repo, revision, additionalFields: ['sha'], ...common });
    const commit = commitSchema.safeParse(info.sha).data ?? revision;
    const files: HubFile[] = [];
    for await (const entry of listFiles({ repo, revision: commit, recursive: true, ...common })) {
      if (files.length >= MOST_FILES) throw new UserError('hub/corrupt', `the list of the files of ${what} has no end`);
      const file = readEntry(entry, what);
      if (file) files.push(file);
    }
    return { commit, files };
  });
}

function readEntry(entry: unknown, what: string): HubFile | undefined {
  const parsed = entrySchema.safeParse(entry);
  if (!parsed.success) throw new UserError('hub/corrupt', `the list of the files of ${what} is malformed`);
  const { type, path, size, oid, lfs } = parsed.data;
  if (type !== 'file') return undefined;
  assertInside(path, what);
  const hash = lfs
    ? ({ kind: 'sha256', hex: lfs.oid } as const)
    : oid && /^[0-9a-f]{40}$/.test(oid)
      ? ({ kind: 'git', hex: oid } as const)
      : undefined;
  return { path, sizeBytes: lfs?.size ?? size, hash };
}

/** Names come from strangers: each must be a plain relative path on every platform. */
function assertInside(path: string, what: string): void {
  const plain = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!plain || /[\\:\0]/.test(path))
    throw new UserError('file/outside-folder', `${what} lists a file ${JSON.stringify(path)} outside its folder`);
}

const COMPANIONS =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|chat_template|modules|sentence_bert_config|config_sentence_transformers)\.json$|^(merges|vocab)\.txt$|^chat_template\.jinja$|^additional_chat_templates\/[^/]+\.jinja$|^(tokenizer|spiece)\.model$|^1_Pooling\/config\.json$|^LICEN[CS]E[^/]*$/;
const SHARD = /^model-\d{5}-of-\d{5}\.safetensors$/;
const INDEX = 'model.safetensors.index.json';

/**
 * What a model needs of a repository, small files first: configuration, tokenizer, template, safetensors. Never a pickle.
 * @throws UserError model/not-a-model, weights/pickle, weights/missing
 */
export function neededFiles(files: readonly HubFile[], repo: string): HubFile[] {
  const has = (path: string) => files.some((file) => file.path === path);
  if (!has('config.json')) {
    const gguf = files.some(({ path }) => path.endsWith('.gguf'))
      ? ': it holds GGUF files; download one and import it with lathe models import'
      : '';
    throw new UserError('model/not-a-model', `${repo} has no config.json${gguf}`);
  }
  const sharded = has(INDEX);
  const isWeights = (path: string) => (sharded ? path === INDEX || SHARD.test(path) : path === 'model.safetensors');
  if (!files.some(({ path }) => isWeights(path))) {
    if (files.some(({ path }) => isPickle(path)))
      throw new UserError('weights/pickle', `${repo} has its weights only as pickle files`);
    throw new UserError('weights/missing', `${repo} has no model.safetensors`);
  }
  return files
    .filter(({ path }) => COMPANIONS.test(path) || isWeights(path))
    .sort((a, b) => Number(isWeights(a.path)) - Number(isWeights(b.path)) || (a.path < b.path ? -1 : 1));
}
