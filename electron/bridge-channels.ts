/** Names of the channels between preload and main. */
export const CHANNELS = {
  connectEngine: 'engine:connect',
  restartEngine: 'engine:restart',
  watchEngine: 'engine:watch',
  engineState: 'engine:state',
  choose: 'choose',
  showInFolder: 'show-in-folder',
  openExternal: 'open-external',
  setTheme: 'set-theme',
  menu: 'menu',
  takeOpenPaths: 'open-paths:take',
  openPaths: 'open-paths',
} as const;
