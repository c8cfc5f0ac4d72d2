/** What takes memory or time to open: opened when it is first asked for, and once, whoever asks meanwhile. */
export class OpenedOnce<T> {
  #opened: Promise<T> | undefined;

  /** An opening that failed is not kept: memory may be free, or a file whole, when somebody asks again. */
  get(open: () => Promise<T>): Promise<T> {
    if (this.#opened) return this.#opened;
    const opening = open();
    this.#opened = opening;
    opening.catch(() => {
      this.#opened = undefined;
    });
    return opening;
  }

  /** Waits for what is being opened, and opens nothing itself. @returns undefined where nothing is open */
  async current(): Promise<T | undefined> {
    return this.#opened?.catch(() => undefined);
  }
}
