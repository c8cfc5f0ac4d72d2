/** Dates and times as SQL writes them, exact to the nanosecond and for years that no `Date` reaches. */

const DAYS_IN_400_YEARS = 146_097;
const two = (value: number): string => String(value).padStart(2, '0');

/** @param days since 1970-01-01 */
export function calendarDate(days: number): string {
  const cycles = Math.floor(days / DAYS_IN_400_YEARS);
  const date = new Date((days - cycles * DAYS_IN_400_YEARS) * 86_400_000);
  const year = date.getUTCFullYear() + cycles * 400;
  // There is no year 0: 1 BC comes before AD 1.
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0');
  return `${shown}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}${year > 0 ? '' : ' (BC)'}`;
}

/** @param ticks since midnight, 10^digits of them a second */
export function clockTime(ticks: bigint, digits: number): string {
  const second = 10n ** BigInt(digits);
  const seconds = Number(ticks / second);
  const fraction = String(ticks % second)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':');
  return fraction === '' ? clock : `${clock}.${fraction}`;
}

/** @param ticks since 1970-01-01 00:00, 10^digits of them a second */
export function timestamp(ticks: bigint, digits: number): string {
  const day = 86_400n * 10n ** BigInt(digits);
  const ofDay = ((ticks % day) + day) % day;
  return `${calendarDate(Number((ticks - ofDay) / day))} ${clockTime(ofDay, digits)}`;
}
