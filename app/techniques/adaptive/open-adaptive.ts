/** Opens what `lathe adapt` wrote of a classifier: the model, its exits as a graph, its thresholds and proof. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { EXITS_FILE, NOTE_FILE } from '../../models/adaptive-note.ts';
import { openModel } from '../../models/model.ts';
import { readFloats, safetensorsConstants } from '../../models/weights/constants.ts';
import { allExits, type ExitRule, type FlatExits, flatExits, weightsOf } from './exit-graphs.ts';

const note = z.object({
  version: z.literal(1),
  labels: z.array(z.string()),
  layers: z.number(),
  rule: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('confidence'), temperatures: z.array(z.number()) }),
    z.object({ kind: z.literal('patience') }),
    z.object({ kind: z.literal('halting') }),
  ]),
  thresholds: z.array(z.number()),
  /** Absent in older notes: all. */
  exits: z.array(z.number().int()).optional(),
  bestFixed: z.object({ layer: z.number() }),
});

export interface OpenedAdaptive {
  readonly flat: FlatExits;
  readonly rule: ExitRule;
  readonly thresholds: readonly number[];
  /** Layers after which it may stop. */
  readonly exits: readonly number[];
  readonly labels: readonly string[];
  readonly bestFixed: number;
}

/** @throws UserError model/not-a-model, weights/* */
export async function openAdaptive(folder: string): Promise<OpenedAdaptive> {
  const text = await readFile(join(folder, NOTE_FILE), 'utf8').catch((cause: unknown) => {
    throw new UserError('model/not-a-model', `${folder} has no ${NOTE_FILE}: make it with lathe adapt`, { cause });
  });
  const { labels, rule, thresholds, exits, bestFixed } = note.parse(JSON.parse(text));
  const model = await openModel(folder);
  const heads = new Map<string, Float32Array<ArrayBuffer>>();
  for (const [name, constant] of await safetensorsConstants(join(folder, EXITS_FILE)))
    heads.set(name, (await readFloats(constant)) as Float32Array<ArrayBuffer>);
  const flat = await flatExits(model, labels.length, weightsOf(model, heads), {
    halting: rule.kind === 'halting',
  });
  return { flat, rule, thresholds, exits: exits ?? allExits(flat), labels, bestFixed: bestFixed.layer };
}
