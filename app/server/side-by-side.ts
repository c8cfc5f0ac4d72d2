/** The same prompts through several models, one model after the other. */
import type { z } from 'zod';
import type { sampling, sideBySidePiece } from '../contract/models.ts';
import { failureOf } from '../jobs/failure.ts';
import type { Engine } from './composition.ts';

type Request = z.infer<typeof sampling> & { readonly ids: readonly string[]; readonly prompts: readonly string[] };

/** A model that fails is reported and the next one asked. */
export async function* chatSideBySide(
  engine: Engine,
  { ids, prompts, ...settings }: Request,
  signal?: AbortSignal,
): AsyncGenerator<z.infer<typeof sideBySidePiece>, void> {
  for (const model of ids) {
    try {
      const { path } = engine.models.get(model);
      for (const [prompt, content] of prompts.entries()) {
        const request = { ...settings, messages: [{ role: 'user', content }] };
        for await (const event of engine.chats.chat(path, request, engine.running, signal)) {
          if (event.kind === 'text') yield { kind: 'text', model, prompt, text: event.text };
          else if (event.kind === 'done') {
            const { text, tokens, tokensPerSecond, timeToFirstTokenMs } = event;
            yield { kind: 'done', model, prompt, text, tokens, tokensPerSecond, timeToFirstTokenMs };
          }
        }
        if (signal?.aborted) return;
      }
    } catch (error) {
      if (signal?.aborted) return;
      yield { kind: 'failed', model, failure: failureOf(error) };
    }
  }
}
