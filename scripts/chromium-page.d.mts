/** A module in Chromium, on a page whose files come from named folders. */
export interface PageRequest {
  /** First part of a path, and the folder that it stands for. */
  readonly folders: Readonly<Record<string, string>>;
  /** Bare names that modules import, and paths. */
  readonly imports: Readonly<Record<string, string>>;
  /** Body of an async function that is given `request`. */
  readonly script: string;
  readonly request: unknown;
}

export function inChromiumPage<T>(page: PageRequest): Promise<T>;
