/** The shell: one window, the engine beside it. What the parts do is said in their files. */
import { join } from 'node:path';
import { app, type BrowserWindow } from 'electron';
import { Background } from './background.ts';
import { answerBridge } from './bridge.ts';
import { CHANNELS } from './bridge-channels.ts';
import { makeClosing } from './closing.ts';
import { EngineProcess } from './engine-process.ts';
import { guardWebContents } from './guards.ts';
import { setMenu } from './menu.ts';
import { OpenPaths, pathsOf } from './open-paths.ts';
import { PagePorts } from './page-ports.ts';
import { announceProtocol, servePage } from './page-protocol.ts';
import { findPaths } from './paths.ts';
import { answerSecret } from './secrets.ts';
import { lookForUpdates } from './updates.ts';
import { openWindow } from './window.ts';

app.setName('Lathe');
// With the switch --no-sandbox (root in a container) Chromium refuses it; each window is sandboxed by its own setting.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
// One window for one data folder: its lock and the window's own files lie there.
if (process.env.LATHE_HOME) app.setPath('userData', join(process.env.LATHE_HOME, 'window'));
announceProtocol();

const openPaths = new OpenPaths();
app.on('open-file', (event, path) => {
  event.preventDefault();
  openPaths.add([path]);
});

if (app.requestSingleInstanceLock()) void app.whenReady().then(start);
else app.quit();

function start(): void {
  const paths = findPaths(__dirname);
  guardWebContents();
  servePage(paths.page);

  let window: BrowserWindow;
  const send = (channel: string, value: unknown) => {
    if (!window.isDestroyed()) window.webContents.send(channel, value);
  };
  const engine = new EngineProcess(paths.node, paths.engine, {
    state: (state) => {
      if (state.state === 'ready') ports.engineReady();
      else ports.engineGone();
      send(CHANNELS.engineState, state);
    },
    message: (message) => {
      if (message.kind === 'secret') engine.send(answerSecret(join(app.getPath('userData'), 'secrets.json'), message));
      else ports.fromEngine(message);
    },
    running: (jobs) => background.tell(jobs),
  });
  const ports = new PagePorts(engine);
  const background = new Background(paths.icon, () => window);
  const closing = makeClosing(
    engine,
    () => window,
    () => background.enter(engine.jobs),
  );

  engine.start();
  window = openWindow(paths);
  window.on('close', (event) => closing.requested(event));
  app.on('before-quit', (event) => closing.requested(event));
  app.on('second-instance', (_event, words, folder) => {
    background.leave();
    openPaths.add(pathsOf(words, folder));
  });
  app.on('activate', () => background.leave());
  answerBridge({ window: () => window, engine, ports, openPaths });
  setMenu((command) => {
    background.leave();
    send(CHANNELS.menu, command);
  });
  openPaths.add(pathsOf(process.argv, process.cwd()));
  lookForUpdates();
}
