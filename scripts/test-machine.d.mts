/** What tests use of the machine's readiness. */
export function findChromium(): string | undefined;
