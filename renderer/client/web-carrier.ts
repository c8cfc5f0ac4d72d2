/** The carrier in a browser: a WebSocket to the server that sent this page, opened again after it closes. */
import { RPCLink } from '@orpc/client/websocket';
import { accessToken } from './access-token.ts';
import type { CarrierEvents } from './connection.ts';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;

export function webCarrier(events: CarrierEvents): void {
  const token = accessToken();
  if (token === '') {
    events.changed({ state: 'refused' });
    return;
  }
  let wait = FIRST_WAIT_MS;
  const open = () => {
    const address = new URL('rpc', window.location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    address.hash = '';
    address.search = '';
    address.searchParams.set('token', token);
    const socket = new WebSocket(address);
    const link = new RPCLink({ websocket: socket });
    socket.addEventListener('open', () => {
      wait = FIRST_WAIT_MS;
      events.connected(link);
    });
    socket.addEventListener('close', () => {
      events.changed({ state: 'lost' });
      window.setTimeout(open, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    });
  };
  open();
}
