/** What the user chose once for everything. */
import { z } from 'zod';
import { nothing, path, procedure } from './shared.ts';

export const settingsSchema = z.object({
  theme: z.enum(['light', 'dark', 'system']).default('system').describe('Colours of the window'),
  threads: z
    .number()
    .int()
    .positive()
    .max(1024)
    .nullable()
    .default(null)
    .describe('Threads to compute with; empty: all cores'),
  device: z.string().default('cpu').describe('Device that models run on'),
  offline: z.boolean().default(false).describe('Never reach for the network'),
  concurrentJobs: z.number().int().min(1).max(16).default(1).describe('Jobs that run at the same time'),
  logLevel: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('How much the engine writes down'),
  exportsFolder: path.nullable().default(null).describe('Where exports go; empty: inside the data folder'),
  hubEndpoint: z.string().nullable().default(null).describe('Hub to search and download from; empty: huggingface.co'),
});
export type Settings = z.infer<typeof settingsSchema>;

/** Without defaults: a change names only what it changes. */
export const settingsChange = z.object({
  theme: settingsSchema.shape.theme.unwrap().optional(),
  threads: settingsSchema.shape.threads.unwrap().optional(),
  device: settingsSchema.shape.device.unwrap().optional(),
  offline: settingsSchema.shape.offline.unwrap().optional(),
  concurrentJobs: settingsSchema.shape.concurrentJobs.unwrap().optional(),
  logLevel: settingsSchema.shape.logLevel.unwrap().optional(),
  exportsFolder: settingsSchema.shape.exportsFolder.unwrap().optional(),
  hubEndpoint: settingsSchema.shape.hubEndpoint.unwrap().optional(),
});

const tokenState = z.object({
  present: z.boolean(),
  /** Where the token is or would be kept. */
  kept: z.enum(['keychain', 'file', 'environment']),
  /** Of the file, where it is one. */
  path: z.string().optional(),
});

export const settings = {
  get: procedure.input(nothing).output(
    z.object({
      values: settingsSchema,
      folders: z.object({ data: z.string(), models: z.string(), exports: z.string() }),
      /** Devices that can be chosen. */
      devices: z.array(z.string()),
    }),
  ),
  set: procedure.input(settingsChange).output(settingsSchema),
  /** null removes it. The token never comes back out. */
  setHubToken: procedure.input(z.object({ token: z.string().min(1).max(4096).nullable() })).output(tokenState),
  hasHubToken: procedure.input(nothing).output(tokenState),
};
