/** Closing: with a job running the user chooses; the engine always ends before the shell does. */
import { app, type BrowserWindow, dialog } from 'electron';
import type { EngineProcess } from './engine-process.ts';

export interface Closing {
  /** The window is about to close, or the application to quit. */
  requested(event: { preventDefault(): void }): void;
}

/** `toBackground` hides the window and leaves a tray icon. */
export function makeClosing(engine: EngineProcess, window: () => BrowserWindow, toBackground: () => void): Closing {
  let stage: 'open' | 'asking' | 'stopping' | 'stopped' = 'open';

  async function stopAll(): Promise<void> {
    stage = 'stopping';
    const shown = window();
    // Without a display left the window is gone before anything asked it to close.
    if (!shown.isDestroyed()) {
      if (engine.jobs.length > 0) shown.setTitle('Lathe: writing the checkpoint…');
      else shown.hide();
    }
    await engine.stop();
    stage = 'stopped';
    app.quit();
  }

  async function ask(): Promise<void> {
    stage = 'asking';
    const titles = engine.jobs.map((job) => job.title).join(', ');
    const { response } = await dialog.showMessageBox(window(), {
      type: 'question',
      title: 'Lathe',
      message: engine.jobs.length === 1 ? 'A job is still running' : `${engine.jobs.length} jobs are still running`,
      detail: `${titles}\n\nLathe can go on with it in the background, or stop it and keep its checkpoint: it can be resumed later.`,
      buttons: ['Keep running in the background', 'Stop and keep the checkpoint', 'Cancel'],
      defaultId: 0,
      cancelId: 2,
      noLink: true,
    });
    stage = 'open';
    if (response === 0) toBackground();
    else if (response === 1) await stopAll();
  }

  return {
    requested(event) {
      if (stage === 'stopped') return;
      event.preventDefault();
      if (stage !== 'open') return;
      void (engine.jobs.length > 0 && !window().isDestroyed() ? ask() : stopAll());
    },
  };
}
