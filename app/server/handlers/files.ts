/** Dropped files and folders. */
import { os } from '../base.ts';

export const files = os.files.router({
  inspect: os.files.inspect.handler(({ input: { paths }, context: { engine } }) =>
    Promise.all(paths.map((path) => engine.tools.call('inspect', { path }))),
  ),
});
