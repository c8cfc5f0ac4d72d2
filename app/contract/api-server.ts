/** The server that speaks OpenAI's interface, as the window starts, stops and watches it. */
import { z } from 'zod';
import { bytes, count, failure, modelId, nothing, procedure } from './shared.ts';

export const apiLoad = z.object({
  running: count,
  waiting: count,
  tokensPerSecond: z.number(),
  requests: count,
  cancelled: count,
  promptTokens: count,
  cachedTokens: count,
  completionTokens: count,
  memoryBytes: bytes,
  upSeconds: count,
});
export type ApiLoad = z.infer<typeof apiLoad>;

export const apiStatus = z.discriminatedUnion('state', [
  /** With a failure where it ended by itself. */
  z.object({ state: z.literal('off'), failure: failure.optional() }),
  z.object({ state: z.literal('starting'), modelId }),
  z.object({
    state: z.literal('on'),
    modelId,
    url: z.string(),
    needsKey: z.boolean(),
    concurrency: count,
    /** Absent while it is too busy to say. */
    load: apiLoad.optional(),
  }),
]);
export type ApiStatus = z.infer<typeof apiStatus>;

export const apiServer = {
  status: procedure.input(nothing).output(apiStatus),
  /** Returns once it listens. */
  start: procedure
    .input(
      z.object({
        modelId,
        /** 0: any that is free. */
        port: z.number().int().min(0).max(65535),
        key: z.string().max(200).optional(),
        concurrency: z.number().int().min(1).max(64),
        /** Drafts are checked where one request is answered alone; absent: as the model's run profile says. */
        speculate: z.boolean().optional(),
      }),
    )
    .output(apiStatus),
  stop: procedure.input(nothing).output(apiStatus),
};
