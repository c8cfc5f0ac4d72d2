/** What can be pressed on the page at this moment, for the palette: it reaches every button without knowing one. */

export interface PageAction {
  /** As a screen reader calls it. */
  readonly name: string;
  readonly run: () => void;
}

const PRESSABLE =
  'main button:not(:disabled):not([role="radio"]):not([aria-hidden="true"]), section[aria-label="Running job"] button:not(:disabled)';
const LONGEST_NAME = 60;

export function pageActions(): PageAction[] {
  const found = new Map<string, PageAction>();
  for (const button of document.querySelectorAll<HTMLButtonElement>(PRESSABLE)) {
    const name = (button.ariaLabel ?? button.textContent ?? '').trim();
    if (name === '' || name.length > LONGEST_NAME || found.has(name) || button.offsetParent === null) continue;
    found.set(name, { name, run: () => button.click() });
  }
  return [...found.values()];
}
