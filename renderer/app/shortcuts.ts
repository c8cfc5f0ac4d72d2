/** The keys that work everywhere, and how they are written on this system. */

export const isApple = /Mac|iPhone|iPad/.test(navigator.platform);
export const PALETTE_KEYS = isApple ? '⌘K' : 'Ctrl K';

/** What the help window lists. */
export const SHORTCUTS: readonly (readonly [keys: string, what: string])[] = [
  [PALETTE_KEYS, 'Search or run a command'],
  [isApple ? '⌘,' : 'Ctrl ,', 'Open the settings'],
  [isApple ? '⌘O' : 'Ctrl O', 'Open files'],
  ['?', 'Show these shortcuts'],
  ['Arrow keys', 'Move in a table, a list or a graph'],
  ['Enter', 'Open the selected row'],
  ['Esc', 'Close what is open'],
];
