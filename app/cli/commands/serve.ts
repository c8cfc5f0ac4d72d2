/** `lathe serve`: the application in a browser. */
import { z } from 'zod';
import { defineCommand } from '../command.ts';

export const serveCommand = defineCommand({
  name: 'serve',
  summary: 'Open the application in a browser on this machine; the first line of output says where',
  example: 'lathe serve --port 7777',
  arguments: [],
  options: z.object({
    port: z.number().int().min(0).max(65535).default(0).describe('Port on the loopback address; 0: any that is free'),
  }),
  async run(_, { port }, { home, signal }) {
    const [{ Engine }, { serve }] = await Promise.all([
      import('../../server/composition.ts'),
      import('../../server/web/serve.ts'),
    ]);
    const engine = new Engine(home);
    const served = await serve(engine, port);
    process.stdout.write(`${JSON.stringify({ url: served.url })}\n`);
    await engine.begin();
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
    });
    await served.close();
    // Checkpoints of running jobs are written before the process ends.
    await engine.close();
    return { stopped: true };
  },
  print: () => 'stopped',
});
