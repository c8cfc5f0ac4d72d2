/** The one environment of ONNX Runtime in this process, with the handles everything else needs. */
import koffi from 'koffi';
import { Library, type Pointer } from './library.ts';

/** Errors reach us as statuses; the library need not print them too. */
const FATAL_ONLY = 4;
const DEVICE_ALLOCATOR = 0;
const ARENA_ALLOCATOR = 1;
const DEFAULT_MEMORY = 0;
const NEXT_POWER_OF_TWO = 0;
/** The most that the setting, a 32-bit number, can say. */
const FIRST_REGION = 2 ** 31 - 1;

export class Environment {
  readonly library = new Library();
  readonly handle: Pointer;
  readonly cpu: Pointer;
  readonly allocator: Pointer;
  /** Sessions that use the shared arena; it is there while there are any. */
  #arenaUsers = 0;

  constructor() {
    this.handle = this.library.make('CreateEnv', FATAL_ONLY, 'lathe');
    this.cpu = this.library.make('CreateCpuMemoryInfo', DEVICE_ALLOCATOR, DEFAULT_MEMORY);
    this.allocator = this.library.make('GetAllocatorWithDefaultOptions');
  }

  /**
   * An arena for all sessions that ask for it, whose first region is large. What is never touched of it takes no memory, and in
   * one region freed neighbours join: with regions as they are asked for, steps of changing shapes grew from 1,344 to
   * 1,589 MiB, with one region from 1,386 to 1,395 (measured). It goes, with all that it grew to, when the last user has gone.
   */
  useSharedArena(): void {
    this.#arenaUsers += 1;
    if (this.#arenaUsers > 1) return;
    const memory = this.#arenaMemory();
    const keys = ['arena_extend_strategy', 'initial_chunk_size_bytes', 'max_dead_bytes_per_chunk'];
    const arena = this.library.make('CreateArenaCfgV2', keys, [NEXT_POWER_OF_TWO, FIRST_REGION, 1 << 20], keys.length);
    this.library.call('CreateAndRegisterAllocator', this.handle, memory, arena);
    this.library.plain('ReleaseArenaCfg', arena);
    this.library.plain('ReleaseMemoryInfo', memory);
  }

  /** To be called once for each use, after the session has been released. */
  leaveSharedArena(): void {
    this.#arenaUsers -= 1;
    if (this.#arenaUsers > 0) return;
    const memory = this.#arenaMemory();
    this.library.call('UnregisterAllocator', this.handle, memory);
    this.library.plain('ReleaseMemoryInfo', memory);
  }

  #arenaMemory = (): Pointer => this.library.make('CreateCpuMemoryInfo', ARENA_ALLOCATOR, DEFAULT_MEMORY);

  /** Names of the execution providers in the library. */
  providers(): string[] {
    const out = [null];
    const count = [0];
    this.library.call('GetAvailableProviders', out, count);
    return decodeStrings(out[0], count[0]);
  }
}

export const decodeStrings = (pointer: Pointer, count: number): string[] =>
  koffi.decode(pointer, 'str', count) as string[];

let environment: Environment | undefined;

/** @throws Error where koffi or the library cannot be loaded on this machine */
export function sharedEnvironment(): Environment {
  environment ??= new Environment();
  return environment;
}
