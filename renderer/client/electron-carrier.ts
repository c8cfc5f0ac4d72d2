/** The carrier in Electron: a message port that the shell hands over, anew after every crash of the engine. */
import { RPCLink } from '@orpc/client/message-port';
import type { ENGINE_PORT_MESSAGE, ShellBridge } from '../../app/contract/shell.ts';
import type { CarrierEvents } from './connection.ts';

/** Written out: importing the contract's value would bring its schemas into the page. */
const PORT_MESSAGE: typeof ENGINE_PORT_MESSAGE = 'lathe:engine-port';

export function electronCarrier(bridge: ShellBridge, events: CarrierEvents): void {
  let port: MessagePort | undefined;
  const drop = () => {
    // Ports do not say that their other end is gone: the link hears it from here and fails what is under way.
    port?.dispatchEvent(new Event('close'));
    port?.close();
    port = undefined;
  };
  window.addEventListener('message', (event) => {
    if (event.source !== window || event.data !== PORT_MESSAGE || event.ports[0] === undefined) return;
    drop();
    port = event.ports[0];
    const link = new RPCLink({ port });
    port.start();
    events.connected(link);
  });
  bridge.onEngineState(({ state, reason }) => {
    if (state === 'ready') {
      if (port === undefined) bridge.connectEngine();
      return;
    }
    drop();
    if (state === 'failed') events.changed({ state, reason: reason ?? 'It ended several times in a row.' });
    else events.changed(state === 'crashed' ? { state: 'lost', reason } : { state: 'connecting' });
  });
  bridge.connectEngine();
}
