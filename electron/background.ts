/** While jobs go on without the window: a tray icon that brings it back, and a word when they are done. */
import { app, type BrowserWindow, Menu, Notification, nativeImage, Tray } from 'electron';
import type { RunningJobs } from './engine-process.ts';

export class Background {
  private tray: Tray | undefined;

  constructor(
    private readonly icon: string,
    private readonly window: () => BrowserWindow,
  ) {}

  enter(jobs: RunningJobs): void {
    this.window().hide();
    this.tray ??= this.makeTray();
    this.tell(jobs);
  }

  leave(): void {
    this.tray?.destroy();
    this.tray = undefined;
    const window = this.window();
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  tell(jobs: RunningJobs): void {
    if (!this.tray) return;
    const done = jobs.length === 0;
    this.tray.setToolTip(done ? 'Lathe: all jobs are done' : `Lathe: ${jobs.map((job) => job.title).join(', ')}`);
    if (done && Notification.isSupported()) {
      const note = new Notification({ title: 'Lathe', body: 'All jobs are done.' });
      note.on('click', () => this.leave());
      note.show();
    }
  }

  private makeTray(): Tray {
    const tray = new Tray(nativeImage.createFromPath(this.icon).resize({ width: 22, height: 22 }));
    tray.on('click', () => this.leave());
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: 'Open Lathe', click: () => this.leave() },
        { label: 'Quit', click: () => app.quit() },
      ]),
    );
    return tray;
  }
}
