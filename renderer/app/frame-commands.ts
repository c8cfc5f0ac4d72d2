/** Actions of the frame itself, for the palette. */
import { saveSettings } from '../client/settings.ts';
import { attempt } from '../ui/notify.tsx';
import { chooseFiles } from './drop/choose-files.ts';
import type { Command } from './feature.ts';
import { openShortcuts } from './shortcuts-window.tsx';

const theme = (value: 'light' | 'dark' | 'system', name: string): Command => ({
  id: `theme ${value}`,
  title: `Use the ${name} theme`,
  icon: 'theme',
  words: 'theme colours dark light mode',
  run: () => void attempt(() => saveSettings({ theme: value })),
});

export const frameCommands: readonly Command[] = [
  {
    id: 'open files',
    title: 'Open files',
    icon: 'folder',
    words: 'import add model data set recipe',
    run: () => void attempt(() => chooseFiles('files')),
  },
  {
    id: 'open folder',
    title: 'Open a folder',
    icon: 'folder',
    words: 'import add model',
    run: () => void attempt(() => chooseFiles('folder')),
  },
  {
    id: 'offline on',
    title: 'Turn offline mode on',
    icon: 'link',
    words: 'network hub internet',
    run: () => void attempt(() => saveSettings({ offline: true })),
  },
  {
    id: 'offline off',
    title: 'Turn offline mode off',
    icon: 'link',
    words: 'network hub internet',
    run: () => void attempt(() => saveSettings({ offline: false })),
  },
  theme('light', 'light'),
  theme('dark', 'dark'),
  theme('system', "system's"),
  {
    id: 'shortcuts',
    title: 'Show keyboard shortcuts',
    icon: 'keyboard',
    words: 'help keys',
    run: openShortcuts,
  },
];
