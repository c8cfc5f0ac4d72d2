/** Electron's security checklist for everything that shows web content: set once, for every window there will ever be. */
import { app, type Session, session } from 'electron';
import { openLink } from './external-links.ts';
import { PAGE_ORIGIN } from './page-protocol.ts';

export const isOurPage = (address: string): boolean => address === PAGE_ORIGIN || address.startsWith(`${PAGE_ORIGIN}/`);

/** Copying text is all that the page may ask of the system. */
const GRANTED: readonly string[] = ['clipboard-sanitized-write'];

function denyPermissions(of: Session): void {
  const granted = (permission: string, address: string) => GRANTED.includes(permission) && isOurPage(address);
  of.setPermissionRequestHandler((contents, permission, answer) =>
    answer(granted(permission, contents?.getURL() ?? '')),
  );
  of.setPermissionCheckHandler((contents, permission) => granted(permission, contents?.getURL() ?? ''));
  of.setDevicePermissionHandler(() => false);
  of.setDisplayMediaRequestHandler?.((_request, answer) => answer({}));
}

export function guardWebContents(): void {
  app.on('session-created', denyPermissions);
  denyPermissions(session.defaultSession);
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event, address) => {
      if (!isOurPage(address)) event.preventDefault();
    });
    contents.on('will-redirect', (event, address) => {
      if (!isOurPage(address)) event.preventDefault();
    });
    contents.on('will-frame-navigate', (event) => {
      if (!isOurPage(event.url)) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => {
      void openLink(url);
      return { action: 'deny' };
    });
  });
}
