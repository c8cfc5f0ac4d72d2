/** Light, dark or as the system: kept in this browser so that the first frame has the right colours. */
import { useSyncExternalStore } from 'react';

export type ThemeChoice = 'light' | 'dark' | 'system';

const KEY = 'lathe.theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

const stored = localStorage.getItem(KEY);
let choice: ThemeChoice = stored === 'light' || stored === 'dark' ? stored : 'system';

export const themeChoice = (): ThemeChoice => choice;
export const colorScheme = (): 'light' | 'dark' => (choice === 'system' ? (dark.matches ? 'dark' : 'light') : choice);

function tell(): void {
  for (const listener of listeners) listener();
}

export function setTheme(next: ThemeChoice): void {
  choice = next;
  localStorage.setItem(KEY, next);
  void window.lathe?.setTheme(next);
  tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  dark.addEventListener('change', listener);
  return () => {
    listeners.delete(listener);
    dark.removeEventListener('change', listener);
  };
}

export const useColorScheme = (): 'light' | 'dark' => useSyncExternalStore(subscribe, colorScheme);
export const useThemeChoice = (): ThemeChoice => useSyncExternalStore(subscribe, themeChoice);
