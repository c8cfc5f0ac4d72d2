/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as OpenAI's clients read them. */
import type { ServerResponse } from 'node:http';

export class EventStream {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
  }

  /** What comes after the end is for nobody: of several choices one may fail while others go on for a moment. */
  send(event: object): void {
    if (this.#open) this.#response.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  end(): void {
    if (this.#open) this.#response.end('data: [DONE]\n\n');
  }

  get #open(): boolean {
    return !this.#response.destroyed && !this.#response.writableEnded;
  }
}
