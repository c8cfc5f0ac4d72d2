/** Chat with a model, streaming. The same messages, settings and seed give the same text. */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { sampling } from './models.ts';
import { bytes, count, modelId, nothing, procedure } from './shared.ts';

export const message = z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string().max(200_000) });

/** A token as the model saw it: natural logarithms of probabilities before sampling and forms changed them. */
export const tokenCertainty = z.object({
  text: z.string(),
  logProbability: z.number(),
  /** What it thought likeliest there, best first. */
  top: z.array(z.object({ text: z.string(), logProbability: z.number() })),
});
export type TokenCertainty = z.infer<typeof tokenCertainty>;

export const chatPiece = z.discriminatedUnion('kind', [
  /** The model is being loaded, which only the first question waits for. */
  z.object({ kind: z.literal('loading') }),
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({
    kind: z.literal('done'),
    text: z.string(),
    tokens: count,
    promptTokens: count,
    tokensPerSecond: z.number(),
    timeToFirstTokenMs: z.number(),
    /** `length`: maxTokens or the context was reached. */
    stop: z.enum(['end', 'length']),
    /** Of an adaptive decoder: what each token added to the text, and the layers that ran before it was given. */
    layers: z
      .object({
        all: count,
        mean: z.number(),
        pieces: z.array(z.object({ text: z.string(), layers: count })).readonly(),
      })
      .optional(),
    /** Of a cascade of two models. */
    answeredBy: z.enum(['small', 'large']).optional(),
    /** Where it was asked for. */
    certainty: z.array(tokenCertainty).optional(),
  }),
]);
export type ChatPiece = z.infer<typeof chatPiece>;

export const playground = {
  /** Ending the iterator early stops the generation. */
  chat: procedure
    .input(
      sampling.extend({
        modelId,
        messages: z.array(message).min(1).max(500),
        /** Of an adaptive decoder or a cascade at temperature 0, from fast (0) to careful (1); absent: what was proved. */
        threshold: z.number().min(0).max(1).optional(),
        /** Texts before which the answer ends. */
        stop: z.array(z.string().min(1).max(200)).max(16).optional(),
        /** A JSON schema, as text, that the answer meets. */
        schema: z.string().max(100_000).optional(),
        certainty: z.boolean().optional(),
      }),
    )
    .output(eventIterator(chatPiece)),
  loaded: procedure.input(nothing).output(z.array(z.object({ modelId, memoryBytes: bytes }))),
  /** Without `modelId` all of them. */
  unload: procedure.input(z.object({ modelId: modelId.optional() })).output(z.object({})),
};
