/** A stream of events over a real connection. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { EventStream } from '../../../app/server/openai/event-stream.ts';

it('ends once, and says nothing after that', async () => {
  const server = createServer((_, response) => {
    const events = new EventStream(response);
    events.send({ first: 1 });
    events.end();
    // A write after the end would be an error that nobody hears, and end the process.
    events.send({ late: 2 });
    events.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const text = await (await fetch(`http://127.0.0.1:${port}`)).text();
  expect(text).toBe('data: {"first":1}\n\ndata: [DONE]\n\n');
  await new Promise((resolve) => server.close(resolve));
});
