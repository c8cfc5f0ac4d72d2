/** Starts, stops and watches the server that speaks OpenAI's interface. */
import { os } from '../base.ts';

export const apiServer = os.apiServer.router({
  status: os.apiServer.status.handler(({ context: { engine } }) => engine.apiServer.status()),
  start: os.apiServer.start.handler(({ input, context: { engine } }) => {
    const { path } = engine.models.get(input.modelId);
    return engine.apiServer.start({ ...input, path, ...engine.running, home: engine.home });
  }),
  stop: os.apiServer.stop.handler(({ context: { engine } }) => engine.apiServer.stop()),
});
