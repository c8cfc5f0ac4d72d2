/** The tools process: answers one question after another until the engine goes. */
import { failureOf } from '../failure.ts';
import { endWithParent } from '../parent-watch.ts';
import type { ToolReply, ToolRequest } from './messages.ts';
import { TOOLS } from './table.ts';

const reply = (message: ToolReply): void => {
  if (process.connected) process.send?.(message);
};

endWithParent(() => process.exit(0));
process.on('message', async ({ id, tool, input }: ToolRequest) => {
  try {
    reply({ id, result: await (TOOLS[tool] as (input: unknown) => unknown)(input) });
  } catch (error) {
    reply({ id, failure: failureOf(error) });
  }
});
