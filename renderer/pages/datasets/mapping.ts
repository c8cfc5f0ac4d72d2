/** What a format needs, and which column of the file gives it. */

/** "instruction, optional input, output; optional system" -> fields; what a value looks like inside is left out. */
export function fieldsOf(columns: string): readonly { readonly field: string; readonly optional: boolean }[] {
  return columns
    .replace(/:\s*\[\{.*?\}\]/g, '')
    .split(/[,;]/)
    .map((part) => /^\s*(optional\s+)?([\w.-]+)\s*$/.exec(part))
    .flatMap((found) => (found === null ? [] : [{ field: found[2], optional: found[1] !== undefined }]));
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
