/** Opens sessions: through the C API where that works, else through onnxruntime-node's own binding. */
import type { Session, SessionOptions } from './session.ts';

export type Implementation = Session['implementation'];

type Open = (model: string | Uint8Array, options?: SessionOptions) => Promise<Session>;

interface Chosen {
  readonly implementation: Implementation;
  readonly open: Open;
  /** Why the direct way is not used. */
  readonly reason?: string;
}

let chosen: Promise<Chosen> | undefined;

/** `LATHE_RUNTIME=javascript` or `direct` overrides the choice. */
async function choose(): Promise<Chosen> {
  const wanted = process.env.LATHE_RUNTIME;
  if (wanted !== 'javascript') {
    try {
      const [{ openDirect }, { sharedEnvironment }] = await Promise.all([
        import('./direct/session.ts'),
        import('./direct/environment.ts'),
      ]);
      sharedEnvironment();
      return { implementation: 'direct', open: openDirect };
    } catch (error) {
      if (wanted === 'direct') throw error;
      const { openJavaScript } = await import('./javascript/session.ts');
      return { implementation: 'javascript', open: openJavaScript, reason: (error as Error).message };
    }
  }
  const { openJavaScript } = await import('./javascript/session.ts');
  return { implementation: 'javascript', open: openJavaScript, reason: 'LATHE_RUNTIME=javascript' };
}

/**
 * @param model path of an ONNX file, or its bytes
 * @throws UserError runtime/failed
 */
export async function openSession(model: string | Uint8Array, options?: SessionOptions): Promise<Session> {
  chosen ??= choose();
  return (await chosen).open(model, options);
}

export interface RuntimeInfo {
  readonly implementation: Implementation;
  readonly version: string;
  readonly reason?: string;
}

export async function runtimeInfo(): Promise<RuntimeInfo> {
  chosen ??= choose();
  const { implementation, reason } = await chosen;
  if (implementation === 'direct') {
    const { sharedEnvironment } = await import('./direct/environment.ts');
    return { implementation, version: sharedEnvironment().library.version };
  }
  const { javaScriptVersion } = await import('./javascript/session.ts');
  return { implementation, version: javaScriptVersion(), reason };
}
