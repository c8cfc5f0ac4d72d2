/** What passes between the shell (Electron), the page and the engine besides the contract's own procedures. */
import { z } from 'zod';

/**
 * Shell ⇄ engine, over the child process's IPC channel (`serialization: 'advanced'`). A page's port is a number; what
 * travels in `data` are the contract's own messages, passed on unread. The engine ends when the channel closes.
 */
const data = z.union([z.string(), z.instanceof(Uint8Array), z.instanceof(ArrayBuffer)]);
const port = z.number().int().nonnegative();

export const shellToEngine = z.discriminatedUnion('kind', [
  /** A page connected. */
  z.object({ kind: z.literal('open'), port }),
  z.object({ kind: z.literal('data'), port, data }),
  /** The page of this port went away. */
  z.object({ kind: z.literal('close'), port }),
  /** Pause the running jobs with their checkpoints written, then exit with status 0. */
  z.object({ kind: z.literal('stop') }),
  /** Answer to `secret`: the value of a `get`, or null; `kept` says where secrets lie. */
  z.object({
    kind: z.literal('secret'),
    id: z.number().int(),
    value: z.string().nullable(),
    kept: z.enum(['keychain', 'unavailable']),
  }),
]);
export type ShellToEngine = z.infer<typeof shellToEngine>;

export const engineToShell = z.discriminatedUnion('kind', [
  /** The engine takes ports from now on. */
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('data'), port, data }),
  z.object({ kind: z.literal('close'), port }),
  /** Sent at the start and whenever the set of running jobs changes: the shell asks before it closes on them. */
  z.object({ kind: z.literal('running'), jobs: z.array(z.object({ id: z.string(), title: z.string() })) }),
  /** Keeps or fetches a secret (the hub's token) in the system keychain. */
  z.object({
    kind: z.literal('secret'),
    id: z.number().int(),
    action: z.enum(['get', 'set', 'remove']),
    name: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/),
    value: z.string().max(4096).optional(),
  }),
]);
export type EngineToShell = z.infer<typeof engineToShell>;

/** What the page is told about the engine process. `restarts` counts the crashes since the window opened. */
export const engineState = z.object({
  state: z.enum(['starting', 'ready', 'crashed', 'failed']),
  restarts: z.number().int().nonnegative(),
  /** Why it ended, for `crashed` and `failed` (given up after several crashes in a row). */
  reason: z.string().optional(),
});
export type EngineState = z.infer<typeof engineState>;

export const chooseOptions = z.object({
  what: z.enum(['files', 'folder', 'save']),
  title: z.string().max(200).optional(),
  /** For `save`: the suggested file name. */
  name: z.string().max(200).optional(),
  filters: z
    .array(z.object({ name: z.string().max(80), extensions: z.array(z.string().max(20)).max(20) }))
    .max(20)
    .optional(),
});
export type ChooseOptions = z.infer<typeof chooseOptions>;

export { ENGINE_PORT_MESSAGE, type MenuCommand, type ShellBridge } from './shell-bridge.ts';
