/** How much a template may compute: templates come from strangers, and one render must not hang or fill the memory. */
import { fail, type Value } from './values.ts';

const STEPS = 5_000_000;
const LONGEST_TEXT = 16_000_000;
const LONGEST_LIST = 1_000_000;

export class Budget {
  #left = STEPS;

  spend(steps = 1): void {
    this.#left -= steps;
    if (this.#left < 0) fail('the chat template does not come to an end: it used more steps than any real template');
  }

  /** Work over a text costs a step for every 16 characters. */
  spendText(length: number): void {
    this.spend(length / 16);
  }

  limitText(length: number): void {
    if (length > LONGEST_TEXT) fail('the chat template makes a text that is too long');
  }

  checkText(length: number): void {
    this.limitText(length);
    this.spendText(length);
  }

  checkList(length: number): void {
    if (length > LONGEST_LIST) fail('the chat template makes a list that is too long');
    this.spend(length);
  }

  text(value: string): string {
    this.checkText(value.length);
    return value;
  }

  list(value: readonly Value[]): readonly Value[] {
    this.checkList(value.length);
    return value;
  }
}
