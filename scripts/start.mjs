/** `npm start`: builds and opens the window; where no Electron can be had, the same page in the browser. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { downloadElectron, installedElectron } from './electron-runtime.mjs';
import { root, setup } from './setup.mjs';

setup();
const display = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
const electron = display ? (installedElectron() ?? downloadElectron()) : undefined;
const words = process.argv.slice(2);

function openWindow() {
  const asRoot = process.platform === 'linux' && process.getuid() === 0;
  if (asRoot) console.error('Running as root: Chromium’s sandbox is off.');
  const { ELECTRON_RUN_AS_NODE: _run, ...env } = process.env;
  const args = [...(asRoot ? ['--no-sandbox'] : []), root, ...words];
  return spawn(electron, args, { stdio: 'inherit', env: { ...env, LATHE_NODE: process.execPath } });
}

function openBrowser() {
  const why = display ? 'No Electron binary can be had here' : 'There is no display here';
  console.log(`${why}: opening the browser version.`);
  const serve = spawn(process.execPath, [join(root, 'bin/lathe.mjs'), 'serve', '--json', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: serve.stdout }).once('line', (line) => {
    const { url } = JSON.parse(line);
    console.log(url);
    if (!display) return;
    const [command, ...args] = { win32: ['cmd', '/c', 'start', ''], darwin: ['open'] }[process.platform] ?? [
      'xdg-open',
    ];
    spawn(command, [...args, url], { stdio: 'ignore', detached: true })
      .on('error', () => undefined)
      .unref();
  });
  return serve;
}

const child = electron ? openWindow() : openBrowser();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
