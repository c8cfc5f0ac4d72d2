/** Electron's security checklist, point by point, in the running window. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '../lathe-test.ts';
import { enginesBelow, listeningSockets, socketsOf } from '../processes.ts';

test('the page is sandboxed, isolated and without Node', async ({ lathe }) => {
  const inPage = await lathe.page.evaluate(() => ({
    node: ['require', 'process', 'module', 'global', 'Buffer'].filter((name) => name in window),
    bridge: Object.keys((window as unknown as { lathe: object }).lathe).sort(),
    origin: location.origin,
  }));
  expect(inPage.node).toEqual([]);
  expect(inPage.origin).toBe('lathe://app');
  expect(inPage.bridge).toEqual(
    [
      ...['choose', 'connectEngine', 'onEngineState', 'onMenu', 'onOpenPaths', 'openExternal', 'pathForFile'],
      ...['platform', 'restartEngine', 'setTheme', 'showInFolder', 'versions'],
    ].sort(),
  );
  const preferences = await lathe.application?.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0].webContents as unknown as {
      getLastWebPreferences(): Record<string, unknown>;
    };
    const all = contents.getLastWebPreferences();
    return [
      ...['sandbox', 'contextIsolation', 'nodeIntegration', 'nodeIntegrationInWorker', 'nodeIntegrationInSubFrames'],
      ...['webSecurity', 'allowRunningInsecureContent', 'experimentalFeatures', 'webviewTag', 'navigateOnDragDrop'],
    ].map((name) => [name, all[name] ?? false]);
  });
  expect(Object.fromEntries(preferences ?? [])).toEqual({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
  });
});

test('the content policy names nothing unsafe and holds', async ({ lathe }) => {
  const policy = await lathe.page.evaluate(
    async () => (await fetch(location.href)).headers.get('content-security-policy') ?? '',
  );
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toContain('unsafe');
  expect(policy).not.toMatch(/https?:|\*/);
  const outcome = await lathe.page.evaluate(async () => {
    const found: string[] = [];
    Object.assign(window, { violations: found });
    document.addEventListener('securitypolicyviolation', (event) => found.push(event.effectiveDirective));
    const script = document.createElement('script');
    script.textContent = 'window.wasRun = true';
    document.body.append(script);
    const frame = document.createElement('iframe');
    frame.src = 'data:text/html,hello';
    document.body.append(frame);
    // Later: DevTools lets what it runs itself evaluate text.
    const evaluated = await new Promise<string>((resolve) => {
      setTimeout(() => {
        try {
          resolve(String(new Function('return 1')()));
        } catch (error) {
          resolve((error as Error).name);
        }
      });
    });
    const fetched = await fetch('https://example.org/').then(
      () => 'fetched',
      () => 'refused',
    );
    return { evaluated, fetched, wasRun: 'wasRun' in window };
  });
  expect(outcome).toEqual({ evaluated: 'EvalError', fetched: 'refused', wasRun: false });
  await expect
    .poll(() => lathe.page.evaluate(() => (window as unknown as { violations: string[] }).violations))
    .toEqual(expect.arrayContaining(['script-src-elem', 'frame-src', 'connect-src']));
});

test('only the page’s own files are served', async ({ lathe, home }) => {
  writeFileSync(join(home, 'secret.json'), '{}');
  const statuses = await lathe.page.evaluate(async (folder) => {
    const status = (address: string) =>
      fetch(address).then(
        (response) => response.status,
        () => 0,
      );
    return Promise.all(
      [`/..%2f..%2f..${folder}/secret.json`, '/%2e%2e/electron/main.cjs', '/package.json', '/none.js'].map(status),
    );
  }, home);
  expect(statuses).toEqual([404, 404, 404, 404]);
});

test('it goes nowhere else and opens no second window', async ({ lathe }) => {
  const opened = await lathe.application?.evaluateHandle(({ shell }) => {
    const list: string[] = [];
    shell.openExternal = async (address) => void list.push(address);
    return list;
  });
  await lathe.page.evaluate(() => {
    location.href = 'https://example.org/';
  });
  await lathe.page.evaluate(() => {
    location.href = 'file:///etc/passwd';
  });
  const popups = await lathe.page.evaluate(() =>
    ['https://example.org/', 'https://huggingface.co/models', 'file:///etc/passwd', 'about:blank'].map(
      (address) => window.open(address) === null,
    ),
  );
  expect(popups).toEqual([true, true, true, true]);
  const allowed = await lathe.page.evaluate(async () => {
    const { openExternal } = (window as unknown as { lathe: { openExternal(url: string): Promise<boolean> } }).lathe;
    const addresses = [
      ...['https://huggingface.co/HuggingFaceTB', 'http://huggingface.co/', 'https://huggingface.co.example.org/'],
      ...[
        'https://user@huggingface.co/',
        'file:///etc/passwd',
        'javascript:alert(1)',
        'https://huggingface.co:8443/',
        'x',
      ],
    ];
    return Promise.all(addresses.map((address) => openExternal(address)));
  });
  expect(allowed).toEqual([true, false, false, false, false, false, false, false]);
  expect(await opened?.jsonValue()).toEqual(['https://huggingface.co/models', 'https://huggingface.co/HuggingFaceTB']);
  expect(lathe.page.url()).toMatch(/^lathe:\/\/app\//);
  expect(await lathe.application?.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
});

test('a webview is never attached', async ({ lathe }) => {
  const attached = await lathe.page.evaluate(() => {
    const view = document.createElement('webview');
    view.setAttribute('src', 'https://example.org/');
    document.body.append(view);
    return 'getWebContentsId' in view;
  });
  expect(attached).toBe(false);
  const kinds = await lathe.application?.evaluate(({ webContents }) =>
    webContents.getAllWebContents().map((contents) => contents.getType()),
  );
  expect(kinds).toEqual(['window']);
});

test('permissions are denied, copying text aside', async ({ lathe }) => {
  const answers = await lathe.page.evaluate(async () => {
    const outcome = (work: Promise<unknown>) =>
      work.then(
        () => 'granted',
        () => 'denied',
      );
    return {
      camera: await outcome(navigator.mediaDevices.getUserMedia({ video: true })),
      place: await outcome(new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(resolve, reject))),
      notes: await Notification.requestPermission(),
      reading: await outcome(navigator.clipboard.readText()),
      midi: await outcome(navigator.requestMIDIAccess({ sysex: true })),
    };
  });
  expect(answers).toEqual({ camera: 'denied', place: 'denied', notes: 'denied', reading: 'denied', midi: 'denied' });
});

test('what the page sends is checked: its sender and its contents', async ({ lathe }) => {
  const refused = await lathe.page.evaluate(async () => {
    const bridge = (window as unknown as { lathe: Record<string, (word: unknown) => Promise<unknown>> }).lathe;
    const outcome = (work: Promise<unknown>) =>
      work.then(
        () => 'done',
        (error: Error) => error.message,
      );
    return Promise.all([
      outcome(bridge.choose({ what: 'anything' })),
      outcome(bridge.choose({ what: 'folder', properties: ['showHiddenFiles'] })),
      outcome(bridge.showInFolder('relative/path')),
      outcome(bridge.setTheme('neon')),
      outcome(bridge.openExternal({ url: 'https://huggingface.co/' })),
    ]);
  });
  for (const message of refused) expect(message).toContain('not what this call takes');

  // The same preload under another page: nothing is answered, and no port is handed out.
  const other = await lathe.application?.evaluate(async ({ BrowserWindow, app }) => {
    const preload = `${app.getAppPath()}/dist/electron/preload.cjs`;
    const window = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
    await window.loadURL('data:text/html,<title>other</title>');
    const answer: string = await window.webContents.executeJavaScript(
      `window.lathe.setTheme('dark').then(() => 'done', (error) => error.message)`,
    );
    window.destroy();
    return answer;
  });
  expect(other).toContain('not Lathe');
});

test('nothing listens on the network', async ({ lathe }) => {
  const [engine] = enginesBelow(lathe.pid);
  // The shell's own sockets are the test driver's; a child may inherit them.
  const own = socketsOf(engine.pid).filter((socket) => !socketsOf(lathe.pid).includes(socket));
  expect(listeningSockets(engine.pid).filter((socket) => own.includes(socket))).toEqual([]);
});
