/** Whether the parts of a JSON value lie deeper in each other than those who walk through them by recursion can go. */

/** @param most levels of lists and objects */
export function isNestedDeeper(value: unknown, most: number): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const holders = level.filter((part): part is object => typeof part === 'object' && part !== null);
    if (holders.length > 0 && depth >= most) return true;
    level = holders.flatMap((part): unknown[] => Object.values(part));
  }
  return false;
}
