/** Turns an amount, a share or a number, into how many of something go. */
import { UserError } from '../../contract/errors.ts';

/**
 * @param amount below 1 a share of `total`, else a number
 * @param most how many may go at most
 * @throws UserError prune/too-much, arguments/invalid
 */
export function countOf(amount: number, total: number, what: string, most = total - 1): number {
  if (amount >= 1 && !Number.isInteger(amount)) {
    throw new UserError('arguments/invalid', `--amount: ${amount} is neither a share below 1 nor a whole number`);
  }
  const count = amount < 1 ? Math.round(amount * total) : amount;
  if (count > most) {
    throw new UserError('prune/too-much', `${count} of ${total} ${what} cannot go: at most ${Math.max(0, most)} can`);
  }
  if (count < 1) throw new UserError('arguments/invalid', `--amount: ${amount} of ${total} ${what} is less than one`);
  return count;
}
