/** The engine speaks to the command line too: its flags and commands are told here as the window calls them. */

const FLAG = /--([a-z][a-z0-9-]*)/g;
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/run the command again/g, 'try again'],
  [/Run the set-up again \(npm run setup\)/g, 'Install Lathe again'],
  [/Unset HF_HUB_OFFLINE/g, 'Turn Offline mode off in Settings'],
  [/Check the connection and HF_ENDPOINT/g, 'Check the connection and the hub’s address in Settings'],
  [/set HF_TOKEN/g, 'give a hub token in Settings'],
  [/needs HF_TOKEN/g, 'needs the hub token in Settings'],
  [/(?:use|by) lathe ([a-z]+)/g, 'use the wizard “$1”'],
];

/** "--max-grad-norm" becomes “max grad norm”. */
export function inWindowWords(text: string): string {
  const phrased = PHRASES.reduce((told, [pattern, words]) => told.replace(pattern, words), text);
  return phrased.replace(FLAG, (_, flag: string) => `“${flag.replaceAll('-', ' ')}”`);
}
