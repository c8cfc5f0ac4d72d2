/** What a format needs, and which column of the file gives it. */

/** "prompt, completion" or "instruction, input?, output" -> fields; optional ones end with a question mark. */
export function fieldsOf(columns: string): readonly { readonly field: string; readonly optional: boolean }[] {
  return columns
    .split(/[,;]|\band\b/)
    .map((part) => part.trim())
    .filter((part) => /^[\w.-]+\??$/.test(part) || /^\(?[\w.-]+\)?\??$/.test(part))
    .map((part) => ({ field: part.replace(/[()?]/g, ''), optional: /[()?]/.test(part) }));
}

/** A mapping without the entries that say what holds anyway. */
export const withoutSelf = (mapping: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(mapping).filter(([field, column]) => column !== '' && column !== field));

/** The column a field is read from: chosen, or the one of its own name. */
export const columnFor = (
  field: string,
  mapping: Readonly<Record<string, string>>,
  columns: readonly string[],
): string | undefined => mapping[field] ?? (columns.includes(field) ? field : undefined);
