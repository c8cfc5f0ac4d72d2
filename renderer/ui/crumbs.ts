/** Where the user is, told by the page that is open and shown in the header. */
import { useEffect, useSyncExternalStore } from 'react';

export interface Crumb {
  readonly label: string;
  /** Absent: here. */
  readonly to?: string;
}

let crumbs: readonly Crumb[] = [];
const listeners = new Set<() => void>();

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useCrumbs = (): readonly Crumb[] => useSyncExternalStore(subscribe, () => crumbs);

/** While the calling component is shown. */
export function useTellCrumbs(next: readonly Crumb[]): void {
  const key = JSON.stringify(next);
  useEffect(() => {
    crumbs = JSON.parse(key) as Crumb[];
    for (const listener of listeners) listener();
  }, [key]);
}
