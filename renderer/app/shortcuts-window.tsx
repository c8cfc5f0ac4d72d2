/** The window that lists the keys, and the keys of the frame itself. */
import { Modal } from '@mantine/core';
import { useEffect, useSyncExternalStore } from 'react';
import { bridge } from '../client/bridge.ts';
import { attempt } from '../ui/notify.tsx';
import { chooseFiles } from './drop/choose-files.ts';
import { go } from './hash-location.ts';
import { openPalette } from './palette-control.ts';
import { SHORTCUTS } from './shortcuts.ts';
import styles from './shortcuts-window.module.css';

let open = false;
const listeners = new Set<() => void>();
function show(next: boolean): void {
  open = next;
  for (const listener of listeners) listener();
}
const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const openShortcuts = (): void => show(true);

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The frame's keys, and what the shell's menu asks for. */
export function useFrameKeys(): void {
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      const modified = event.ctrlKey || event.metaKey;
      if (modified && event.key === ',') go('/settings');
      else if (modified && event.key.toLowerCase() === 'o') void attempt(() => chooseFiles('files'));
      else if (!modified && event.key === '?' && !isWriting(event.target)) openShortcuts();
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', listener);
    const ended = bridge?.onMenu((command) => {
      if (command === 'open') void attempt(() => chooseFiles('files'));
      if (command === 'settings' || command === 'about') go('/settings');
      if (command === 'palette') openPalette();
      if (command === 'shortcuts') openShortcuts();
    });
    return () => {
      window.removeEventListener('keydown', listener);
      ended?.();
    };
  }, []);
}

export function ShortcutsWindow() {
  const opened = useSyncExternalStore(subscribe, () => open);
  return (
    <Modal
      opened={opened}
      onClose={() => show(false)}
      title="Keyboard shortcuts"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <dl className={styles.list}>
        {SHORTCUTS.map(([keys, what]) => (
          <div key={keys} className={styles.line}>
            <dt>{what}</dt>
            <dd>
              <kbd className={styles.keys}>{keys}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
