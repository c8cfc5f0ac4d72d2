/** Looks for models on the hub by words of their name. */
import { listModels } from '@huggingface/hub';
import { CATALOGUE } from './catalogue.ts';
import { withRefusals } from './refusals.ts';
import { hubFetch } from './request.ts';
import type { HubSettings } from './settings.ts';

export interface FoundModel {
  /** owner/name: what `lathe models get` takes. */
  readonly repo: string;
  /** The short name, for models of the catalogue. */
  readonly id?: string;
  readonly downloads: number;
  readonly likes: number;
  /** The owner asks for consent first. */
  readonly gated: boolean;
  readonly task?: string;
  readonly architecture?: string;
  readonly parameters?: number;
  readonly updated?: string;
  /** As the hub writes it: `apache-2.0`. */
  readonly licence?: string;
}

const LICENCE = 'license:';

/**
 * Most downloaded first; only models with safetensors weights, since others cannot be opened.
 * @throws UserError hub/*
 */
export async function searchModels(
  query: string,
  limit: number,
  settings: HubSettings,
  signal?: AbortSignal,
): Promise<FoundModel[]> {
  const { endpoint: hubUrl, token } = settings;
  return await withRefusals(`models called "${query}"`, token !== undefined, async () => {
    const found: FoundModel[] = [];
    const models = listModels({
      search: { query, tags: ['safetensors'] },
      sort: 'downloads',
      limit,
      additionalFields: ['config', 'safetensors', 'tags'],
      hubUrl,
      fetch: hubFetch(settings, signal),
      ...(token ? { accessToken: token } : {}),
    });
    for await (const { name, downloads, likes, gated, task, config, safetensors, tags, updatedAt } of models) {
      found.push({
        repo: name,
        id: CATALOGUE.find(({ repo }) => repo === name)?.id,
        downloads: downloads ?? 0,
        likes: likes ?? 0,
        gated: Boolean(gated),
        task,
        architecture: (config as { model_type?: string } | undefined)?.model_type,
        parameters: safetensors?.total,
        licence: tags?.find((tag) => tag.startsWith(LICENCE))?.slice(LICENCE.length),
        updated: Number.isNaN(Number(updatedAt)) ? undefined : updatedAt.toISOString(),
      });
    }
    return found;
  });
}
