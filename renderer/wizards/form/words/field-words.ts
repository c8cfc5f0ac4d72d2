/** Words for people beside what the schema says. A setting without an entry is drawn from its schema alone. */
export interface FieldWords {
  readonly label?: string;
  readonly help?: string;
  readonly unit?: string;
  readonly common?: boolean;
  /** What it has to do with: settings of one group stand together under this heading. */
  readonly group?: string;
  readonly choices?: Readonly<Record<string, string>>;
}

/** Of a technique's settings, by their names. */
export type TechniqueWords = Readonly<Record<string, FieldWords>>;

/** Settings with the headings that they stand under, by the names of those under each. */
export const underHeadings = (
  words: TechniqueWords,
  headings: Readonly<Record<string, readonly string[]>>,
): TechniqueWords => ({
  ...words,
  ...Object.fromEntries(
    Object.entries(headings).flatMap(([group, keys]) => keys.map((key) => [key, { ...words[key], group }] as const)),
  ),
});
