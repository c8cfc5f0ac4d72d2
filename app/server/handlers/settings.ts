/** Settings and the hub's token. */
import { resolve } from 'node:path';
import { settingsSchema } from '../../contract/settings.ts';
import { modelsFolder } from '../../models/library.ts';
import { os } from '../base.ts';
import type { Engine } from '../composition.ts';

async function tokenState(engine: Engine) {
  if (process.env.HF_TOKEN) return { present: true, kept: 'environment' as const };
  return { present: (await engine.secrets.get()) !== undefined, ...(await engine.secrets.place()) };
}

export const settings = os.settings.router({
  get: os.settings.get.handler(async ({ context: { engine } }) => ({
    values: engine.settings(),
    folders: { data: engine.home, models: modelsFolder(engine.home), exports: engine.exportsFolder() },
    devices: (await engine.hardware()).devices,
  })),
  set: os.settings.set.handler(({ input, context: { engine } }) => {
    const { exportsFolder } = input;
    const change = exportsFolder ? { ...input, exportsFolder: resolve(exportsFolder) } : input;
    const values = settingsSchema.parse({ ...engine.settings(), ...change });
    engine.store.settings.set('settings', values);
    engine.log.level = values.logLevel;
    if (input.threads !== undefined) engine.forgetCalibration();
    // What is held runs where it was opened.
    if (input.device !== undefined) engine.chats.unload();
    engine.events.change({ kind: 'settings' });
    // More jobs may run at once now.
    engine.queue.begin();
    return values;
  }),
  setHubToken: os.settings.setHubToken.handler(async ({ input, context: { engine } }) => {
    await engine.secrets.set(input.token ?? undefined);
    engine.events.change({ kind: 'settings' });
    return tokenState(engine);
  }),
  hasHubToken: os.settings.hasHubToken.handler(({ context: { engine } }) => tokenState(engine)),
});
