/**
 * What a drag can become, told from the little a browser says before the drop: how many things, and the type of each
 * (empty for folders and for endings it does not know, such as .gguf).
 */

export interface DraggedItem {
  readonly kind: string;
  readonly type: string;
}

const DATA_TYPES = /csv|tab-separated|json|parquet|text\/plain/;
const NEVER_TYPES = /^(image|video|audio)\//;

export interface DraggedWords {
  readonly title: string;
  readonly hint: string;
  readonly welcome: boolean;
}

const things = (count: number, what: string): string => (count === 1 ? `1 ${what}` : `${count} ${what}s`);

export function wordsForDrag(items: readonly DraggedItem[]): DraggedWords {
  const files = items.filter(({ kind }) => kind === 'file');
  const hint = 'Lathe looks inside when you let go and asks before it adds anything.';
  if (files.length === 0) return { title: 'Only files and folders can be dropped', hint: '', welcome: false };
  if (files.every(({ type }) => NEVER_TYPES.test(type)))
    return {
      title: `${things(files.length, 'picture, sound or film file')}: nothing Lathe can use`,
      hint: 'Drop data sets (JSONL, JSON, CSV, TSV, Parquet, text), models (folder, GGUF, ONNX) or recipes.',
      welcome: false,
    };
  if (files.every(({ type }) => DATA_TYPES.test(type)))
    return { title: `Drop to add ${things(files.length, 'data set')}`, hint, welcome: true };
  if (files.every(({ type }) => /yaml/.test(type)))
    return { title: `Drop to open ${things(files.length, 'recipe')}`, hint, welcome: true };
  const what = files.length === 1 ? 'a model, a data set or a recipe' : `${files.length} models, data sets or recipes`;
  return { title: `Drop to add ${what}`, hint, welcome: true };
}
