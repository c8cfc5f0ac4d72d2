/** Files the system asks to open: by double click, on the command line, by a second start. */
import { existsSync } from 'node:fs';
import { extname, isAbsolute, resolve } from 'node:path';

const OPENS: readonly string[] = [
  '.gguf',
  '.onnx',
  '.safetensors',
  '.yaml',
  '.yml',
  '.jsonl',
  '.csv',
  '.tsv',
  '.parquet',
];

/** The files named in a command line; switches and the application's own path are passed over. */
export function pathsOf(words: readonly string[], folder: string): string[] {
  return words
    .slice(1)
    .filter((word) => !word.startsWith('-'))
    .map((word) => (isAbsolute(word) ? word : resolve(folder, word)))
    .filter((path) => OPENS.includes(extname(path).toLowerCase()) && existsSync(path));
}

/** Keeps paths until the page says that it takes them. */
export class OpenPaths {
  private waiting: string[] = [];
  private deliver: ((paths: string[]) => void) | undefined;

  add(paths: readonly string[]): void {
    this.waiting.push(...paths);
    this.flush();
  }

  takenBy(deliver: (paths: string[]) => void): void {
    this.deliver = deliver;
    this.flush();
  }

  private flush(): void {
    if (!this.deliver || this.waiting.length === 0) return;
    const paths = this.waiting;
    this.waiting = [];
    this.deliver(paths);
  }
}
