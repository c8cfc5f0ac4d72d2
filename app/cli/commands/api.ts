/** `lathe api`: a model behind OpenAI's interface. */
import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import { defineCommand } from '../command.ts';
import { deviceFlag, poolingFlag, profileFlag, promptTypeFlag } from '../sampling-flags.ts';

export const api = defineCommand({
  name: 'api',
  summary: 'Serve a model to programs that speak OpenAI’s interface; the first line of output says where',
  example: 'lathe api my-model --port 8080 --key secret',
  arguments: [{ name: 'model', help: 'folder or library id' }],
  options: z.object({
    port: z.number().int().min(0).max(65535).default(0).describe('Port; 0: any that is free'),
    host: z.string().default('127.0.0.1').describe('Address to listen on; others than this computer’s own need --key'),
    name: z.string().min(1).optional().describe('What clients call the model; default: the id or folder name'),
    origin: z
      .array(z.string())
      .optional()
      .describe('Pages of other sites that may call from a browser, as https://name, between commas'),
    key: z.string().min(1).optional().describe('Clients must show it; LATHE_API_KEY gives it without showing it'),
    context: z.number().int().min(16).optional().describe('Longest prompt and answer, in tokens; default up to 4,096'),
    concurrency: z.number().int().min(1).max(64).optional().describe('Requests that are answered at once (default: 8)'),
    queue: z.number().int().min(0).max(100_000).default(256).describe('Requests that may wait; more are refused'),
    maxRequestBytes: z
      .number()
      .int()
      .min(1024)
      .default(8 * 2 ** 20)
      .describe('Largest request, in bytes'),
    speculate: z
      .boolean()
      .optional()
      .describe('Check drafts looked up in the text where one request is answered alone: the same answers, sooner'),
    device: deviceFlag,
    promptType: promptTypeFlag,
    profile: profileFlag,
    pooling: poolingFlag,
  }),
  async run([reference], options, { home, threads, signal, say }) {
    const [{ resolveModel }, { ServedModel }, { listen }, run] = await Promise.all([
      import('../../models/library.ts'),
      import('../../server/openai/served-model.ts'),
      import('../../server/openai/listen.ts'),
      import('../../models/run-profile.ts'),
    ]);
    const { port, host, name, context, queue, pooling, speculate } = options;
    const key = options.key ?? (process.env.LATHE_API_KEY || undefined);
    if (key !== undefined && /[^\x21-\x7e]/.test(key)) {
      throw new UserError('arguments/invalid', 'a key has letters, digits and signs only, without spaces');
    }
    const strange = options.origin?.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
    if (strange !== undefined)
      throw new UserError('arguments/invalid', `--origin: ${strange} is not like https://name`);
    const path = await resolveModel(reference, home);
    const { device, promptType } = options;
    const found = options.profile === 'none' ? {} : await run.storedSettings(path);
    const settings = run.withFlags(found, { device, threads, promptType });
    const concurrency = options.concurrency ?? settings.batch ?? 8;
    const model = await ServedModel.open(reference, path, {
      name,
      settings,
      context,
      concurrency,
      queue,
      pooling,
      speculate,
    });
    const served = await listen(model, {
      port,
      host,
      key,
      origins: options.origin,
      mostBytes: options.maxRequestBytes,
    });
    process.stdout.write(`${JSON.stringify({ url: served.url, model: model.id })}\n`);
    const first = model.small ? ': chats at temperature 0 are asked of the small model first' : '';
    say(`serving ${model.id} at ${served.url}/v1${first}`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
      // Started by the engine of the window, it ends with it.
      process.once('disconnect', () => resolve());
    });
    await served.close();
    return { stopped: true };
  },
  print: () => 'stopped',
});
