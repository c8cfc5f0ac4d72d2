/** Finds in rows of a data set what a person would ask: to be answered before and after. */

type Row = Readonly<Record<string, unknown>> | undefined;

/** Columns that hold the question, in the formats that Lathe reads. */
const ASKED = ['prompt', 'instruction', 'question', 'input', 'source', 'text'];
/** Longer texts are no prompts that one compares at a glance. */
const LONGEST = 400;

export function questionsOf(rows: readonly Row[]): string[] {
  const found = rows.flatMap((row) => questionOf(row) ?? []).map((text) => text.trim());
  return [...new Set(found)].filter((text) => text !== '' && text.length <= LONGEST);
}

function questionOf(row: Row): string | undefined {
  if (row === undefined) return undefined;
  const chat = row.messages ?? row.conversations ?? row.conversation;
  if (Array.isArray(chat)) return firstOfUser(chat);
  for (const key of ASKED) {
    const value = row[key];
    if (typeof value === 'string' && value.trim() !== '') return value;
    if (Array.isArray(value)) return firstOfUser(value);
  }
  return undefined;
}

function firstOfUser(chat: readonly unknown[]): string | undefined {
  for (const message of chat) {
    if (typeof message !== 'object' || message === null) continue;
    const { role, from, content, value } = message as Record<string, unknown>;
    const who = role ?? from;
    const text = content ?? value;
    if ((who === 'user' || who === 'human') && typeof text === 'string') return text;
  }
  return undefined;
}
