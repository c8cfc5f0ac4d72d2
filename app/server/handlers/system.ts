/** The machine, the engine and its events. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderBytes } from '../../library/trash.ts';
import { modelsFolder } from '../../models/library.ts';
import { LATHE_VERSION } from '../../models/lineage.ts';
import { guarded, os } from '../base.ts';

export const system = os.system.router({
  hardware: os.system.hardware.handler(({ input, context }) => context.engine.hardware(input.again)),
  info: os.system.info.handler(async ({ context: { engine, carrier } }) => {
    const { v } = engine.store.db.prepare('SELECT sqlite_version() AS v').get() as { v: string };
    return {
      versions: { lathe: LATHE_VERSION, node: process.versions.node, onnxruntime: runtimeVersion(), sqlite: v },
      platform: process.platform,
      dataFolder: engine.home,
      engineStartedAt: engine.startedAt,
      engineId: engine.id,
      databaseProblem: engine.databaseProblem,
      carrier,
    };
  }),
  events: os.system.events.handler(({ context, signal }) => guarded(context.engine.events.changes(signal), signal)),
  diskUsage: os.system.diskUsage.handler(async ({ context: { engine } }) => {
    const folders = {
      models: modelsFolder(engine.home),
      exports: engine.exportsFolder(),
      uploads: join(engine.home, 'uploads'),
      trash: join(engine.home, 'trash'),
      jobs: join(engine.home, 'jobs'),
    };
    const parts = await Promise.all(
      Object.entries(folders).map(async ([name, folder]) => ({
        name: name as keyof typeof folders,
        bytes: await folderBytes(folder),
      })),
    );
    const database = { name: 'database' as const, bytes: await engine.databaseBytes() };
    return { freeBytes: await engine.diskFree(), parts: [...parts, database] };
  }),
});

/** From the package: loading the runtime only to ask for its version would cost the engine memory. */
function runtimeVersion(): string {
  const file = new URL('../../../node_modules/onnxruntime-node/package.json', import.meta.url);
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  } catch {
    return 'unknown';
  }
}
