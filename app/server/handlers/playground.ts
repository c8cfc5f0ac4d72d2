/** Chats with models that stay loaded. */
import { guarded, os } from '../base.ts';

export const playground = os.playground.router({
  chat: os.playground.chat.handler(({ input: { modelId, ...request }, context: { engine }, signal }) => {
    const { path } = engine.models.get(modelId);
    return guarded(engine.chats.chat(path, request, engine.running, signal), signal);
  }),
  loaded: os.playground.loaded.handler(({ context: { engine } }) =>
    engine.chats.loaded().map(({ path, memoryBytes }) => ({ modelId: path.split(/[\\/]/).at(-1)!, memoryBytes })),
  ),
  unload: os.playground.unload.handler(({ input: { modelId }, context: { engine } }) => {
    engine.chats.unload(modelId === undefined ? undefined : engine.models.get(modelId).path);
    return {};
  }),
});
