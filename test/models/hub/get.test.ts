/** Downloads from a hub that behaves, and from one that cuts, stalls, lies and refuses. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../../app/contract/errors.ts';
import { modelFacts } from '../../../app/models/facts.ts';
import { type GetOptions, getModel, parseReference, searchModels } from '../../../app/models/hub/index.ts';
import { openModel } from '../../../app/models/model.ts';
import { gptqTensors, inOrder, layerOf, MODULE, writePacked } from '../packed-folder.ts';
import { makeTinyModel } from '../tiny-model.ts';
import { gitHash, HubServer, type TreeEntry } from './hub-server.ts';

const work = await mkdtemp(join(tmpdir(), 'lathe-hub-'));
const hub = new HubServer('somebody/Tiny-Llama');
const other = new HubServer('somebody/Tiny-Llama');
const out = join(work, 'model');
const part = `${out}.part`;
const WEIGHTS = 'model.safetensors';
let weights: Buffer;

beforeAll(async () => {
  const folder = await makeTinyModel(work, 'llama');
  for (const name of await readdir(folder)) hub.files.set(name, await readFile(join(folder, name)));
  weights = hub.files.get(WEIGHTS)!;
  hub.files.set('pytorch_model.bin', Buffer.from('pickle'));
  hub.files.set('onnx/model.onnx', Buffer.from('onnx'));
  hub.files.set('README.md', Buffer.from('# hello'));
  await Promise.all([hub.listen(), other.listen()]);
});
afterAll(async () => {
  await Promise.all([hub.close(), other.close()]);
  await rm(work, { recursive: true });
});
beforeEach(async () => {
  hub.reset();
  other.reset();
  for (const folder of [out, part]) await rm(folder, { recursive: true, force: true });
});

const get = (more: Partial<GetOptions> = {}, token?: string) =>
  getModel(parseReference('somebody/Tiny-Llama'), out, {
    settings: { endpoint: hub.url, token, stallMs: 300, pauseMs: 1 },
    ...more,
  });
const asked = (path: string) => hub.requests.filter(({ url }) => url.endsWith(`/${path}`));

/** Runs a download that must fail with `code`, and leave nothing that looks like a model. */
async function refuse(code: string, run = get()): Promise<string> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).code).toBe(code);
  expect(existsSync(out)).toBe(false);
  return (error as UserError).message;
}

describe('a good hub', () => {
  it('gives what a model needs and nothing else', async () => {
    const seen: [number, number][] = [];
    await get({ onProgress: (bytes, total) => seen.push([bytes, total]) });
    expect((await readdir(out)).sort()).toEqual(
      [...hub.files.keys()].filter((f) => !/bin$|onnx|README/.test(f)).sort(),
    );
    expect((await readFile(join(out, WEIGHTS))).equals(weights)).toBe(true);
    expect(seen.at(-1)![0]).toBe(seen.at(-1)![1]);
    expect(seen.every(([bytes], i) => i === 0 || bytes >= seen[i - 1][0])).toBe(true);
    expect(existsSync(part)).toBe(false);
    const facts = await modelFacts(out);
    expect(facts.source).toMatch(/^hf:somebody\/Tiny-Llama@c0ffee/);
    expect(facts.architecture).toBe('llama');
    // A second time nothing is downloaded.
    hub.requests.length = 0;
    await get();
    expect(hub.requests.filter(({ url }) => url.includes('/resolve/'))).toEqual([]);
  });

  it('gives shards that an index names', async () => {
    const index = { metadata: {}, weight_map: Object.fromEntries(tensorNames().map((n) => [n, SHARD])) };
    const SINGLE = hub.files.get(WEIGHTS)!;
    hub.files.delete(WEIGHTS);
    hub.files.set(SHARD, SINGLE);
    hub.files.set(`${WEIGHTS}.index.json`, Buffer.from(JSON.stringify(index)));
    try {
      await get();
      expect((await modelFacts(out)).parameters).toBeGreaterThan(0);
    } finally {
      hub.files.delete(SHARD);
      hub.files.delete(`${WEIGHTS}.index.json`);
      hub.files.set(WEIGHTS, SINGLE);
    }
  });

  it('gives layers that GPTQ packed as plain weights', async () => {
    const tensors = gptqTensors(layerOf(4, inOrder, 1), 4, 1);
    const folder = await writePacked(join(work, 'packed'), { quant_method: 'gptq' }, tensors);
    const kept = new Map(hub.files);
    for (const name of ['config.json', WEIGHTS]) hub.files.set(name, await readFile(join(folder, name)));
    try {
      await get();
      expect((await openModel(out)).weights.get(`${MODULE}.weight`)!.dtype).toBe('float32');
      expect((await modelFacts(out)).source).toMatch(/^hf:somebody\/Tiny-Llama@c0ffee/);
      expect(existsSync(part)).toBe(false);
      hub.requests.length = 0;
      await get();
      expect(hub.requests.filter(({ url }) => url.includes('/resolve/'))).toEqual([]);
    } finally {
      for (const [name, bytes] of kept) hub.files.set(name, bytes);
    }
  });

  it('is searched', async () => {
    const settings = { endpoint: hub.url, stallMs: 300, pauseMs: 1 };
    const [found, ...rest] = await searchModels('tiny', 5, settings);
    expect(found).toMatchObject({ repo: 'somebody/Tiny-Llama', architecture: 'llama', parameters: 42, downloads: 7 });
    expect(rest).toEqual([]);
    expect(hub.requests[0].url).toMatch(/search=tiny/);
  });
});

const SHARD = 'model-00001-of-00001.safetensors';
function tensorNames(): string[] {
  const length = Number(weights.readBigUInt64LE(0));
  return Object.keys(JSON.parse(weights.subarray(8, 8 + length).toString())).filter((n) => n !== '__metadata__');
}

describe('a bad connection', () => {
  it('is cut several times: the download goes on where it was', async () => {
    let cuts = 0;
    hub.before = (request, response, path) => {
      if (!path.endsWith(WEIGHTS) || cuts === 3) return;
      cuts++;
      hub.send(request, response, weights, 20_000);
      return true;
    };
    await get();
    expect((await readFile(join(out, WEIGHTS))).equals(weights)).toBe(true);
    const ranges = asked(WEIGHTS).map(({ headers }) => headers.range);
    expect(ranges).toHaveLength(4);
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range!))).toBe(true);
  });

  it('falls silent in the middle: the next attempt ends the download', async () => {
    let stalled = false;
    hub.before = (_, response, path) => {
      if (!path.endsWith(WEIGHTS) || stalled) return;
      stalled = true;
      response.writeHead(200, { 'content-length': String(weights.length) });
      response.write(weights.subarray(0, 10_000));
      return true;
    };
    await get();
    expect((await readFile(join(out, WEIGHTS))).equals(weights)).toBe(true);
  });

  it('is silent for good: given up, and continued by the next command', async () => {
    hub.before = (_, response, path) => {
      if (!path.endsWith(WEIGHTS)) return;
      response.writeHead(200, { 'content-length': String(weights.length) });
      response.write(weights.subarray(0, 10_000));
      return true;
    };
    await refuse('hub/unreachable');
    expect((await stat(join(part, `${WEIGHTS}.part`))).size).toBe(10_000);
    hub.reset();
    await get();
    expect(asked(WEIGHTS)[0].headers.range).toBe('bytes=10000-');
    expect(asked('config.json')).toEqual([]);
    expect((await readFile(join(out, WEIGHTS))).equals(weights)).toBe(true);
  });

  it('goes to nobody', async () => {
    const closed = new HubServer('x/y');
    await closed.listen();
    const endpoint = closed.url;
    await closed.close();
    await refuse('hub/unreachable', get({ settings: { endpoint, stallMs: 300, pauseMs: 60_000 } }));
  });

  it('is stopped by the user', async () => {
    const stop = new AbortController();
    const run = get({ signal: stop.signal, onProgress: (bytes) => bytes > 0 && stop.abort(new Error('stopped')) });
    await expect(run).rejects.toThrow('stopped');
    expect(existsSync(out)).toBe(false);
    await get();
    expect(existsSync(out)).toBe(true);
  });

  it('does not continue: the whole comes again', async () => {
    let first = true;
    hub.before = (request, response, path) => {
      if (!path.endsWith(WEIGHTS)) return;
      delete request.headers.range;
      hub.send(request, response, weights, first ? 30_000 : undefined);
      first = false;
      return true;
    };
    await get();
    expect((await readFile(join(out, WEIGHTS))).equals(weights)).toBe(true);
  });
});

describe('a lying hub', () => {
  const lie = (path: string, change: (entry: TreeEntry) => Partial<TreeEntry>) => {
    hub.tree = (entries) => entries.map((e) => (e.path === path ? { ...e, ...change(e) } : e));
  };

  it('states a wrong sha256', async () => {
    lie(WEIGHTS, ({ lfs }) => ({ lfs: { ...lfs!, oid: 'ab'.repeat(32) } }));
    await refuse('hub/corrupt');
    expect(existsSync(join(part, WEIGHTS))).toBe(false);
    expect(existsSync(join(part, `${WEIGHTS}.part`))).toBe(false);
  });

  it('states a wrong git hash', async () => {
    lie('tokenizer.json', () => ({ oid: gitHash(Buffer.from('other')) }));
    await refuse('hub/corrupt');
  });

  it('states a size too small', async () => {
    lie(WEIGHTS, ({ lfs }) => ({ lfs: { ...lfs!, size: lfs!.size - 100 } }));
    expect(await refuse('hub/corrupt')).toMatch(/longer/);
  });

  it('states a size too large', async () => {
    lie(WEIGHTS, ({ lfs }) => ({ lfs: { ...lfs!, size: lfs!.size + 100 } }));
    await refuse('hub/unreachable');
  });

  it('states a size that no disk holds', async () => {
    lie(WEIGHTS, ({ lfs }) => ({ lfs: { ...lfs!, size: 2 ** 52 } }));
    await refuse('disk/full');
    expect(asked('config.json')).toEqual([]);
  });

  it('leads to another file', async () => {
    hub.before = (_, response, path) => {
      if (!path.endsWith(WEIGHTS)) return;
      response.writeHead(302, { location: path.replace(WEIGHTS, 'config.json') });
      response.end();
      return true;
    };
    expect(['hub/corrupt', 'hub/unreachable']).toContain(
      await get().then(
        () => 'none',
        (error: UserError) => error.code,
      ),
    );
    expect(existsSync(out)).toBe(false);
  });

  it('leads in circles', async () => {
    hub.before = (_, response, path) => {
      if (!path.endsWith(WEIGHTS)) return;
      response.writeHead(302, { location: path });
      response.end();
      return true;
    };
    await refuse('hub/unreachable');
  });

  it.each(['../evil.json', '/etc/passwd', 'a/../../config.json', 'C:\\config.json', '..\\config.json', 'x\0.json', ''])(
    'lists the file name %j',
    async (path) => {
      hub.tree = (entries) => [...entries, { ...entries[0], path }];
      await refuse(path === '' ? 'hub/corrupt' : 'file/outside-folder');
      expect((await readdir(work)).filter((name) => /evil|passwd/.test(name))).toEqual([]);
    },
  );

  it.each([[{ no: 'list' }], [[{ type: 'file', path: 7 }]], ['text'], [[{ type: 'file', path: 'a', size: -1 }]]])(
    'gives %j for a list',
    async (list) => {
      hub.tree = () => list;
      await refuse('hub/corrupt');
    },
  );

  it('gives a page of HTML, as the wall before a hotel network does', async () => {
    hub.before = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<html>Log in</html>');
      return true;
    };
    await refuse('hub/corrupt');
  });

  it('leads the token elsewhere: it stays at home', async () => {
    other.before = (request, response) => {
      other.send(request, response, weights);
      return true;
    };
    hub.before = (_, response, path) => {
      if (!path.endsWith(WEIGHTS)) return;
      response.writeHead(302, { location: `${other.url}/blob` });
      response.end();
      return true;
    };
    await get({ settings: { endpoint: hub.url, token: 'hf_secret', stallMs: 300, pauseMs: 1 } });
    expect(hub.requests.every(({ headers }) => headers.authorization === 'Bearer hf_secret')).toBe(true);
    expect(other.requests).toHaveLength(1);
    expect(other.requests[0].headers.authorization).toBeUndefined();
  });
});

describe('a refusing hub', () => {
  it.each([
    [401, 'hub/not-found'],
    [403, 'hub/not-found'],
    [404, 'hub/not-found'],
    [429, 'hub/busy'],
    [503, 'hub/busy'],
  ])('answers %i', async (status, code) => {
    for (const where of ['/api/models/', '/resolve/']) {
      hub.before = (_, response, path) => {
        if (!path.includes(where)) return;
        response.writeHead(status);
        response.end('no');
        return true;
      };
      await refuse(code);
    }
  });

  it('is busy for a while', async () => {
    let busy = 2;
    hub.before = (_, response) => {
      if (busy-- <= 0) return;
      response.writeHead(429, { 'retry-after': '0' });
      response.end();
      return true;
    };
    await get();
    expect(existsSync(out)).toBe(true);
  });

  it('asks to wait longer than anybody would', async () => {
    hub.before = (_, response) => {
      response.writeHead(429, { 'retry-after': '86400' });
      response.end();
      return true;
    };
    expect(await refuse('hub/busy')).toMatch(/86400 s/);
    expect(hub.requests).toHaveLength(1);
  });
});

describe('a repository that is no model for us', () => {
  const without = (pattern: RegExp) => {
    hub.tree = (entries) => entries.filter(({ path }) => !pattern.test(path));
  };
  it('has pickles only', async () => {
    without(/safetensors/);
    await refuse('weights/pickle');
  });
  it('has no weights', async () => {
    without(/safetensors|bin$/);
    await refuse('weights/missing');
  });
  it('has no configuration', async () => {
    without(/config\.json/);
    await refuse('model/not-a-model');
  });
  it('has an architecture that nobody knows: found out before the weights come', async () => {
    const good = hub.files.get('config.json')!;
    hub.files.set('config.json', Buffer.from(JSON.stringify({ model_type: 'abacus' })));
    try {
      await refuse('model/unsupported');
      expect(asked(WEIGHTS)).toEqual([]);
    } finally {
      hub.files.set('config.json', good);
    }
  });
});

it('does not replace what is not the same model', async () => {
  await mkdir(out);
  await writeFile(join(out, 'diary.txt'), 'dear diary');
  await expect(get()).rejects.toMatchObject({ code: 'file/exists' });
  await rm(join(out, 'diary.txt'));
  await writeFile(join(out, 'lathe.json'), JSON.stringify({ version: 1, source: 'mine.gguf', steps: [] }));
  await expect(get()).rejects.toMatchObject({ code: 'file/exists' });
});
