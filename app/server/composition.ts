/** The engine: store, queue, library, processes for questions and chats, put together once. */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { type Settings, settingsSchema } from '../contract/settings.ts';
import type { Hardware } from '../contract/system.ts';
import { ApiServer } from '../jobs/api-server.ts';
import type { Running } from '../jobs/chat/messages.ts';
import { ChatModels } from '../jobs/chat/models.ts';
import { EngineEvents } from '../jobs/events.ts';
import { JobQueue } from '../jobs/queue.ts';
import { ToolsProcess } from '../jobs/tools/process.ts';
import { DatasetRegistry } from '../library/dataset-registry.ts';
import { ModelIndex } from '../library/model-index.ts';
import { Trash } from '../library/trash.ts';
import type { Calibration } from '../profile/calibrate.ts';
import { freeMemory } from '../profile/hardware.ts';
import { DEVICES } from '../runtime/session.ts';
import { lockDataFolder } from '../store/engine-lock.ts';
import { Store } from '../store/index.ts';
import { openLog } from './log.ts';
import { checkNightly } from './nightly.ts';
import { fileSecrets, type Secrets } from './secrets.ts';

export class Engine {
  readonly id = randomUUID();
  readonly startedAt = Date.now();
  readonly home: string;
  readonly store: Store;
  readonly events = new EngineEvents();
  readonly tools = new ToolsProcess();
  readonly chats = new ChatModels();
  readonly apiServer = new ApiServer();
  readonly queue: JobQueue;
  readonly models: ModelIndex;
  readonly datasets: DatasetRegistry;
  readonly trash: Trash;
  readonly secrets: Secrets;
  readonly log: Logger;
  /** What the daily check found wrong with the database. */
  databaseProblem: string | undefined;
  readonly #unlock: () => void;
  readonly #endChecks: () => void;
  #hardware: Promise<Hardware> | undefined;
  #calibration: Promise<Calibration> | undefined;

  /** @throws UserError store/in-use, store/damaged, store/newer, file/* */
  constructor(home: string, secrets?: Secrets) {
    this.home = resolve(home);
    mkdirSync(this.home, { recursive: true });
    const { events, tools } = this;
    this.#unlock = lockDataFolder(this.home);
    this.secrets = secrets ?? fileSecrets(this.home);
    this.store = new Store(join(this.home, 'lathe.db'));
    this.log = openLog(this.home, this.settings().logLevel);
    this.log.info({ home: this.home, node: process.versions.node }, 'the engine begins');
    this.#endChecks = checkNightly({
      check: () => tools.call('databaseProblem', { file: join(this.home, 'lathe.db') }),
      onProblem: (problem) => {
        this.log.error(problem);
        this.databaseProblem = problem;
        events.change({ kind: 'settings' });
      },
      log: this.log,
    });
    this.trash = new Trash(this.store, this.home, () => events.change({ kind: 'trash' }));
    this.models = new ModelIndex({
      table: this.store.models,
      home: this.home,
      readFacts: (id, path) => tools.call('modelFacts', { id, path }),
      onChange: () => events.change({ kind: 'models' }),
    });
    this.datasets = new DatasetRegistry({
      table: this.store.datasets,
      readFacts: (request) => tools.call('datasetFacts', request),
      check: (request) => tools.call('check', request),
      countRows: (path) => tools.call('count', { path }),
      onChange: (id) => events.change({ kind: 'datasets', id }),
    });
    this.queue = new JobQueue({
      store: this.store,
      events,
      home: this.home,
      settings: () => {
        const { concurrentJobs, threads } = this.settings();
        return { concurrentJobs, threads: threads ?? undefined, exportsFolder: this.exportsFolder() };
      },
      environment: () => this.environment(),
      onModel: async (id, { jobId, measured, evaluatedOn }) => {
        await this.models.sync(true);
        if (!measured || !this.store.models.get(id)) return;
        this.store.models.measure(id, { at: Date.now(), jobId, evaluatedOn, values: measured });
        events.change({ kind: 'model', id });
      },
      onExport: (result, jobId) => {
        const id = randomUUID();
        const { target, folder, files, checks, source } = result;
        const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
        const name = folder.split(/[\\/]/).at(-1)!;
        const entry = {
          id,
          name,
          target,
          folder,
          jobId,
          modelId: source,
          createdAt: Date.now(),
          sizeBytes,
          files,
          checks,
        };
        this.store.exports.add(entry);
        events.change({ kind: 'exports', id });
        return id;
      },
    });
  }

  settings(): Settings {
    return settingsSchema.parse({ ...this.store.settings.get<object>('settings') });
  }

  exportsFolder(): string {
    return this.settings().exportsFolder ?? join(this.home, 'exports');
  }

  get threads(): number | undefined {
    return this.settings().threads ?? undefined;
  }

  /** What was chosen for every model that answers; the processor is what each has by itself. */
  get running(): Running {
    const { device } = this.settings();
    return { threads: this.threads, device: DEVICES.find((known) => known === device && known !== 'cpu') };
  }

  /** What the hub's functions read: the endpoint, the token, and whether to stay offline. */
  async environment(): Promise<Record<string, string>> {
    const { offline, hubEndpoint } = this.settings();
    const token = await this.secrets.get();
    return {
      LATHE_HOME: this.home,
      ...(offline ? { HF_HUB_OFFLINE: '1' } : {}),
      ...(hubEndpoint ? { HF_ENDPOINT: hubEndpoint } : {}),
      ...(token ? { HF_TOKEN: token } : {}),
    };
  }

  /** Detected once; what is free is always of now. */
  async hardware(again = false): Promise<Hardware> {
    if (again) this.#hardware = undefined;
    this.#hardware ??= this.tools.call('hardware', { folder: this.home }) as Promise<unknown> as Promise<Hardware>;
    const detected = await this.#hardware.catch((error) => {
      this.#hardware = undefined;
      throw error;
    });
    return { ...detected, memory: { ...detected.memory, freeBytes: await freeMemory() } };
  }

  /** How fast this machine computes: measured once and kept for the same machine and runtime. */
  async calibration(): Promise<Calibration> {
    const { threads } = this;
    this.#calibration ??= (async () => {
      const kept = this.store.settings.get<Calibration>('calibration');
      if (kept && kept.key === (await this.tools.call('calibrationKey', { threads }))) return kept;
      const fresh = await this.tools.call('calibration', { threads });
      this.store.settings.set('calibration', fresh);
      return fresh;
    })();
    this.#calibration.catch(() => {
      this.#calibration = undefined;
    });
    return this.#calibration;
  }

  /** After the number of threads changed. */
  forgetCalibration(): void {
    this.#calibration = undefined;
  }

  async diskFree(): Promise<number> {
    const { bavail, bsize } = await statfs(this.home);
    return bavail * bsize;
  }

  async databaseBytes(): Promise<number> {
    return stat(join(this.home, 'lathe.db')).then(
      ({ size }) => size,
      () => 0,
    );
  }

  /** Looks at the library and begins with what waits in the queue. */
  async begin(): Promise<void> {
    this.queue.begin();
    await this.models.sync(true);
  }

  /** Running jobs are paused with their checkpoints written. */
  async close(): Promise<void> {
    this.log.info('the engine ends');
    this.#endChecks();
    await this.queue.close();
    this.chats.unload();
    await this.apiServer.stop();
    this.tools.close();
    this.store.close();
    this.#unlock();
  }
}
