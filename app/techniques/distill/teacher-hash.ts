/** Identifies a teacher: all bytes of its weights, and its configuration. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Model } from '../../models/model.ts';

export async function teacherHash(model: Model): Promise<string> {
  const hash = createHash('sha256').update(`teacher 1 ${model.architecture.name} ${JSON.stringify(model.configJson)}`);
  for (const file of new Set([...model.weights.values()].map((constant) => constant.file))) {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}
