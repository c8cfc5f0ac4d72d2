/** Joins message ports of the page to the engine process, passing the contract's messages on unread. */
import { MessageChannelMain, type MessagePortMain, type WebContents } from 'electron';
import { ENGINE_PORT_MESSAGE, type EngineToShell } from '../app/contract/shell.ts';
import type { EngineProcess } from './engine-process.ts';

const MOST_BYTES = 64 * 2 ** 20;

/** What may pass: text or bytes of bounded length. */
function isFrame(data: unknown): data is string | Uint8Array<ArrayBuffer> | ArrayBuffer {
  if (typeof data === 'string') return data.length <= MOST_BYTES;
  return (data instanceof Uint8Array || data instanceof ArrayBuffer) && data.byteLength <= MOST_BYTES;
}

export class PagePorts {
  private readonly ports = new Map<number, MessagePortMain>();
  private readonly waiting = new Set<WebContents>();
  private count = 0;

  constructor(private readonly engine: EngineProcess) {}

  /** Gives the page a port now, or as soon as the engine is ready. */
  connect(contents: WebContents): void {
    if (this.engine.state.state !== 'ready') {
      this.waiting.add(contents);
      return;
    }
    const { port1, port2 } = new MessageChannelMain();
    const port = ++this.count;
    this.ports.set(port, port1);
    port1.on('message', ({ data }) => {
      if (isFrame(data)) this.engine.send({ kind: 'data', port, data });
    });
    port1.on('close', () => {
      if (this.ports.delete(port)) this.engine.send({ kind: 'close', port });
    });
    this.engine.send({ kind: 'open', port });
    port1.start();
    contents.postMessage(ENGINE_PORT_MESSAGE, null, [port2]);
  }

  fromEngine(message: Extract<EngineToShell, { kind: 'data' | 'close' }>): void {
    const port = this.ports.get(message.port);
    if (!port) return;
    if (message.kind === 'data') port.postMessage(message.data);
    else this.drop(message.port, port);
  }

  engineReady(): void {
    const waiting = [...this.waiting].filter((contents) => !contents.isDestroyed());
    this.waiting.clear();
    for (const contents of waiting) this.connect(contents);
  }

  engineGone(): void {
    for (const [id, port] of this.ports) this.drop(id, port);
  }

  private drop(id: number, port: MessagePortMain): void {
    this.ports.delete(id);
    port.close();
  }
}
