/**
 * Sliding windows over a long text, as Hugging Face's documentation defines perplexity of fixed-length models: every token
 * but the first is scored once, with as much context as its window holds.
 */
export interface Window {
  readonly begin: number;
  readonly end: number;
  /** First token scored in this window; the others of the window are context. */
  readonly scoreFrom: number;
}

/** @param context tokens of a window @param stride tokens between the beginnings of windows, at most `context` */
export function windowsOf(tokens: number, context: number, stride: number): Window[] {
  const windows: Window[] = [];
  let scored = 0;
  for (let begin = 0; begin < tokens - 1; begin += stride) {
    const end = Math.min(begin + context, tokens);
    // A window's first token has nothing before it.
    windows.push({ begin, end, scoreFrom: Math.max(scored, begin + 1) });
    scored = end;
    if (end === tokens) break;
  }
  return windows;
}
