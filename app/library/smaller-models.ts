/**
 * Which models can stand before another in a cascade: before a classifier smaller ones that choose between the same labels,
 * before a chat model smaller ones that chat.
 */
import type { ModelSummary } from '../contract/models.ts';
import { describe } from '../models/architectures/index.ts';
import { findChatTemplate } from '../models/chat-template.ts';
import { readConfig } from '../models/model.ts';

/** @param all models of the library; those that cannot be opened are left out */
export async function smallerModels(large: ModelSummary, all: readonly ModelSummary[]): Promise<ModelSummary[]> {
  const wanted = await workOf(large.path);
  if (wanted === undefined) return [];
  const found: ModelSummary[] = [];
  for (const model of all) {
    if (model.parameters >= large.parameters || model.problem || model.technique === 'adapt') continue;
    if ((await workOf(model.path)) === wanted) found.push(model);
  }
  return found;
}

/** The labels in one word, whatever their order, or that it chats; undefined for what can stand in no cascade. */
async function workOf(folder: string): Promise<string | undefined> {
  const config = await readConfig(folder).catch(() => undefined);
  if (config === undefined) return undefined;
  const { task, architecture } = describe(config);
  if (task.kind === 'next-token' && architecture.kind === 'decoder')
    return (await findChatTemplate(folder).catch(() => undefined)) === undefined ? undefined : 'chat';
  if (task.kind !== 'classification' || task.problem !== 'single') return undefined;
  return JSON.stringify(Object.values((config.id2label ?? {}) as Record<string, string>).sort());
}
