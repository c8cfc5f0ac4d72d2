/** Finds and loads the ONNX Runtime library that onnxruntime-node ships, and gives its functions typed by hand. */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import koffi from 'koffi';
import { UserError } from '../../contract/errors.ts';
import { API_INDICES } from './api-indices.ts';
import { type FunctionName, POINTER, SIGNATURES } from './functions.ts';

/** Older than the library's newest, so that later libraries of the package serve too: the table only grows. */
const API_VERSION = 16;
const TABLE_LENGTH = Math.max(...Object.values(API_INDICES)) + 1;

/** An address in foreign memory, as koffi hands it around. */
export type Pointer = unknown;

/**
 * Stack of a call, bytes. What drivers of graphics do while a session opens (compiling shaders) overran koffi's 128 KiB for
 * calls on other threads, which ended the process.
 */
const STACK = 4 * 2 ** 20;

type Call = ((...args: unknown[]) => unknown) & {
  async(...args: [...unknown[], (error: unknown, result: unknown) => void]): void;
};

function libraryPath(): string {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('onnxruntime-node/package.json')), 'bin', 'napi-v6');
  const here = join(folder, process.platform, process.arch);
  const name = readdirSync(here).find((file) =>
    process.platform === 'win32' ? file === 'onnxruntime.dll' : /^libonnxruntime\.(so\.1|[\d.]+\.dylib)$/.test(file),
  );
  if (!name) throw new Error(`no ONNX Runtime library in ${here}`);
  return join(here, name);
}

/** What ONNX Runtime said no to. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  constructor(
    readonly call: string,
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export class Library {
  readonly version: string;
  readonly #functions: Record<string, Call> = {};
  /** Held because koffi unloads a library whose handle is collected. */
  readonly handle: unknown;

  constructor() {
    koffi.config({ ...koffi.config(), sync_stack_size: STACK, async_stack_size: STACK });
    const library = koffi.load(libraryPath());
    this.handle = library;
    const base = library.func('OrtGetApiBase', POINTER, [])();
    const [getApi, getVersion] = koffi.decode(base, POINTER, 2) as Pointer[];
    this.version = koffi.call(getVersion, koffi.proto('str', [])) as string;
    const api = koffi.call(getApi, koffi.proto(POINTER, ['uint32_t']), API_VERSION);
    if (!api) throw new Error(`ONNX Runtime ${this.version} does not offer version ${API_VERSION} of its C API`);
    const table = koffi.decode(api, POINTER, TABLE_LENGTH) as Pointer[];
    for (const [name, [result, parameters]] of Object.entries(SIGNATURES)) {
      const prototype = koffi.proto(result, [...parameters] as never);
      this.#functions[name] = koffi.decode(table[API_INDICES[name as FunctionName]], prototype) as Call;
    }
  }

  /** The function as it is, for those that return no status. */
  plain(name: FunctionName, ...args: unknown[]): unknown {
    return this.#functions[name](...args);
  }

  /** @throws RuntimeError */
  call(name: FunctionName, ...args: unknown[]): void {
    this.#check(name, this.#functions[name](...args));
  }

  /** The same on another thread of the process. */
  callAsync(name: FunctionName, ...args: unknown[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#functions[name].async(...args, (error: unknown, status: unknown) => {
        try {
          if (error) throw error;
          this.#check(name, status);
          resolve();
        } catch (failure) {
          reject(failure);
        }
      });
    });
  }

  /** For functions whose last parameter receives a pointer. */
  make(name: FunctionName, ...args: unknown[]): Pointer {
    const out = [null];
    this.call(name, ...args, out);
    return out[0];
  }

  /** For functions whose last parameter receives a number. */
  number(name: FunctionName, ...args: unknown[]): number {
    const out = [0];
    this.call(name, ...args, out);
    return Number(out[0]);
  }

  #check(name: string, status: unknown): void {
    if (!status) return;
    const code = this.#functions.GetErrorCode(status) as number;
    const message = this.#functions.GetErrorMessage(status) as string;
    this.#functions.ReleaseStatus(status);
    throw new RuntimeError(name, code, message);
  }
}

/** @throws UserError runtime/failed with the runtime's own words */
export function asUserError(error: unknown): unknown {
  if (!(error instanceof RuntimeError)) return error;
  return new UserError('runtime/failed', `ONNX Runtime: ${error.message.trim()}`, { cause: error });
}
