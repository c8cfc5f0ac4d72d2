/** Where the shell finds the page, the engine and its Node, in a checkout and in the packaged application. */
import { join } from 'node:path';
import { app } from 'electron';

export interface Paths {
  readonly page: string;
  readonly preload: string;
  readonly icon: string;
  readonly engine: string;
  readonly node: string;
}

/** The bundle lies in dist/electron; in the packaged application that is inside app.asar, the engine beside it. */
export function findPaths(bundleFolder: string): Paths {
  const page = join(bundleFolder, '../renderer');
  const preload = join(bundleFolder, 'preload.cjs');
  const icon = join(bundleFolder, 'icon.png');
  if (!app.isPackaged) {
    const node = process.env.LATHE_NODE ?? process.env.npm_node_execpath ?? 'node';
    return { page, preload, icon, engine: join(bundleFolder, '../server/engine.js'), node };
  }
  const resources = process.resourcesPath;
  const node = process.platform === 'win32' ? join(resources, 'node', 'node.exe') : join(resources, 'node/bin/node');
  return { page, preload, icon, engine: join(resources, 'engine/dist/server/engine.js'), node };
}
