/**
 * The one connection to the engine, through whichever carrier there is: a message port in Electron, a WebSocket in a
 * browser. It reconnects by itself; calls made meanwhile wait, calls under way when it broke fail.
 */
import type { ClientLink } from '@orpc/client';
import { useSyncExternalStore } from 'react';
import { bridge } from './bridge.ts';
import { electronCarrier } from './electron-carrier.ts';
import { webCarrier } from './web-carrier.ts';

export type Link = ClientLink<Record<never, never>>;
export type ConnectionState =
  | { readonly state: 'connecting' | 'ready' | 'refused' }
  /** Given up by the shell after several crashes in a row. */
  | { readonly state: 'failed'; readonly reason: string }
  | { readonly state: 'lost'; readonly reason?: string };

/** What a carrier tells: a new link, or that the last one is dead. */
export interface CarrierEvents {
  connected(link: Link): void;
  changed(state: Exclude<ConnectionState, { state: 'ready' }>): void;
}

let link: Link | undefined;
let state: ConnectionState = { state: 'connecting' };
let waiting: ((link: Link) => void)[] = [];
const listeners = new Set<() => void>();

function become(next: ConnectionState): void {
  state = next;
  for (const listener of listeners) listener();
}

const events: CarrierEvents = {
  connected(next) {
    link = next;
    become({ state: 'ready' });
    for (const resolve of waiting) resolve(next);
    waiting = [];
  },
  changed(next) {
    link = undefined;
    become(next);
  },
};

/** Once, when the page starts. */
export function connect(): void {
  if (bridge === undefined) webCarrier(events);
  else electronCarrier(bridge, events);
}

/** The present link, or the next one. */
export const currentLink = (): Promise<Link> =>
  link === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(link);

export function onConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const connectionState = (): ConnectionState => state;
export const useConnection = (): ConnectionState => useSyncExternalStore(onConnection, connectionState);
