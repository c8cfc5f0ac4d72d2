/** The machine, the engine, and what changes in it. */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { bytes, count, nothing, procedure, time } from './shared.ts';

export const hardware = z.object({
  cpu: z.object({ model: z.string(), cores: count, threads: count, features: z.array(z.string()) }),
  memory: z.object({ totalBytes: bytes, freeBytes: bytes }),
  gpus: z.array(z.object({ vendor: z.string(), model: z.string(), memoryBytes: bytes.optional() })),
  /** Devices that a small model was really run on. */
  devices: z.array(z.string()),
  runtime: z.looseObject({ version: z.string(), implementation: z.string(), reason: z.string().optional() }),
  disk: z.object({ freeBytes: bytes }),
});
export type Hardware = z.infer<typeof hardware>;

/** Something changed: whoever shows it asks again. */
export const change = z.object({
  kind: z.enum(['job', 'jobs', 'model', 'models', 'dataset', 'datasets', 'drafts', 'exports', 'settings', 'trash']),
  id: z.string().optional(),
});
export type Change = z.infer<typeof change>;

export const diskUsage = z.object({
  freeBytes: bytes,
  parts: z.array(z.object({ name: z.enum(['models', 'exports', 'uploads', 'trash', 'database', 'jobs']), bytes })),
});

export const system = {
  /** Detected once and kept; `again` detects anew. */
  hardware: procedure.input(z.object({ again: z.boolean().default(false) })).output(hardware),
  info: procedure.input(nothing).output(
    z.object({
      versions: z.object({ lathe: z.string(), node: z.string(), onnxruntime: z.string(), sqlite: z.string() }),
      platform: z.string(),
      dataFolder: z.string(),
      engineStartedAt: time,
      /** Another value than before the connection broke: the engine is a new one. */
      engineId: z.string(),
      /** What the daily check of the database found wrong. */
      databaseProblem: z.string().optional(),
      /** How this page is connected: in Electron files come as paths, in a browser they are uploaded. */
      carrier: z.enum(['electron', 'web']),
    }),
  ),
  events: procedure.input(nothing).output(eventIterator(change)),
  diskUsage: procedure.input(nothing).output(diskUsage),
};
