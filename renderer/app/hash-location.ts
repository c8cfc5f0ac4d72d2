/** Where the user is, kept behind the # of the address: works the same from a file-like origin and from a server. */
import { useSyncExternalStore } from 'react';

const subscribe = (listener: () => void): (() => void) => {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
};
const hash = (): string => window.location.hash.slice(1) || '/';

/** For wouter: the path and how to change it. */
export function useHashLocation(): [string, (to: string, options?: { readonly replace?: boolean }) => void] {
  const path = useSyncExternalStore(subscribe, () => hash().split('?')[0]);
  return [path, go];
}

/** For wouter: what comes after the question mark. */
export const useHashSearch = (): string => useSyncExternalStore(subscribe, () => hash().split('?')[1] ?? '');

useHashLocation.hrefs = (href: string): string => `#${href}`;
useHashLocation.searchHook = useHashSearch;

/** From outside of components, too: `go('/models/abc?tab=layers')`. */
export function go(to: string, options: { readonly replace?: boolean } = {}): void {
  if (options.replace !== true) {
    window.location.hash = to;
    return;
  }
  window.history.replaceState(null, '', `#${to}`);
  window.dispatchEvent(new HashChangeEvent('hashchange'));
}
