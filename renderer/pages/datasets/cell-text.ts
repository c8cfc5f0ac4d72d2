/** One value of a row as one line of text. */

interface Turn {
  readonly role?: unknown;
  readonly from?: unknown;
  readonly content?: unknown;
  readonly value?: unknown;
}

const isTurn = (value: unknown): value is Turn =>
  typeof value === 'object' && value !== null && ('content' in value || 'value' in value);

/** A chat becomes "user: … assistant: …"; other nested values their JSON. */
export function cellText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value.replace(/\s+/g, ' ');
  if (Array.isArray(value) && value.length > 0 && value.every(isTurn))
    return value.map((turn) => `${turn.role ?? turn.from ?? ''}: ${cellText(turn.content ?? turn.value)}`).join('  ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The turns of a chat, if the value is one. */
export function turnsOf(value: unknown): readonly { readonly role: string; readonly text: string }[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isTurn)) return undefined;
  return value.map((turn) => {
    const text = turn.content ?? turn.value;
    return {
      role: String(turn.role ?? turn.from ?? ''),
      text: typeof text === 'string' ? text : JSON.stringify(text, undefined, 2),
    };
  });
}
