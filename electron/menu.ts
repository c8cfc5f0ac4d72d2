/** The application menu: the system's usual entries, and those that the page carries out. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from '../app/contract/shell-bridge.ts';

export function setMenu(tell: (command: MenuCommand) => void): void {
  const mac = process.platform === 'darwin';
  const entry = (label: string, command: MenuCommand, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    accelerator,
    click: () => tell(command),
  });
  const settings = entry('Settings…', 'settings', 'CmdOrCtrl+,');
  const template: MenuItemConstructorOptions[] = [
    {
      label: 'File',
      submenu: [
        entry('Open…', 'open', 'CmdOrCtrl+O'),
        ...(mac ? [] : [settings]),
        { type: 'separator' },
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: 'View',
      submenu: [
        entry('Command palette', 'palette'),
        { type: 'separator' },
        { role: 'reload' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as const]),
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [entry('Keyboard shortcuts', 'shortcuts'), entry('About Lathe', 'about')] },
  ];
  if (mac) {
    template.unshift({
      label: app.name,
      submenu: [
        entry('About Lathe', 'about'),
        settings,
        { type: 'separator' },
        { role: 'hide' },
        { role: 'hideOthers' },
        { type: 'separator' },
        { role: 'quit' },
      ],
    });
  }
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
