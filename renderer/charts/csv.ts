/** Rows as comma-separated values (RFC 4180), missing values empty. */
const cell = (value: unknown): string => {
  const text = value === undefined || value === null ? '' : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const csvOf = (rows: readonly object[], columns: readonly string[]): string =>
  [columns, ...rows.map((row) => columns.map((column) => (row as Record<string, unknown>)[column]))]
    .map((values) => values.map(cell).join(','))
    .join('\n');
