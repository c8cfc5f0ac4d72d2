/** The address that a request asks for, whatever it says: `//` alone would be no address. */
import type { IncomingMessage } from 'node:http';

/** Its path and search count; the host is nobody's. */
export function urlOf({ url = '/' }: Pick<IncomingMessage, 'url'>): URL {
  if (URL.canParse(url)) return new URL(url);
  return new URL(`http://here${url.startsWith('/') ? '' : '/'}${url}`);
}
