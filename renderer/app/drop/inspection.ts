/** The files that were dropped or picked and wait for the user's word. */
import { useSyncExternalStore } from 'react';
import type { Inspected } from '../../../app/contract/files.ts';
import { engine } from '../../client/client.ts';

export type Inspection =
  | { readonly step: 'none' }
  | { readonly step: 'looking'; readonly uploaded?: number }
  | { readonly step: 'asked'; readonly items: readonly Inspected[] }
  | { readonly step: 'failed'; readonly error: unknown };

let inspection: Inspection = { step: 'none' };
const listeners = new Set<() => void>();

function become(next: Inspection): void {
  inspection = next;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useInspection = (): Inspection => useSyncExternalStore(subscribe, () => inspection);
export const endInspection = (): void => become({ step: 'none' });

/** @param find gives the paths; nothing happens when there are none (a dialog that was cancelled) */
export async function inspect(find: (progress: (done: number) => void) => Promise<readonly string[]>): Promise<void> {
  try {
    const paths = await find((uploaded) => become({ step: 'looking', uploaded }));
    if (paths.length === 0) return endInspection();
    become({ step: 'looking' });
    become({ step: 'asked', items: await engine.files.inspect({ paths: [...paths] }) });
  } catch (error) {
    become({ step: 'failed', error });
  }
}
