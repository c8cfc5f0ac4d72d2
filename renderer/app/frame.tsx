/** The window's frame: sidebar, header, the page between, the job bar. */
import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { useConnection } from '../client/connection.ts';
import { ErrorNote } from '../ui/error-note.tsx';
import { DropOverlay } from './drop/drop-overlay.tsx';
import { InspectWindow } from './drop/inspect-window.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import styles from './frame.module.css';
import { Header } from './header.tsx';
import { JobBar } from './job-bar.tsx';
import { Palette } from './palette.tsx';
import { Routes } from './routes.tsx';
import { ShortcutsWindow, useFrameKeys } from './shortcuts-window.tsx';
import { Sidebar } from './sidebar.tsx';

function Trouble() {
  const connection = useConnection();
  if (connection.state === 'failed')
    return (
      <ErrorNote
        error={{
          message: 'The engine stopped and could not be started again.',
          hint: connection.reason,
          code: 'engine/failed',
        }}
      />
    );
  if (connection.state === 'refused')
    return (
      <ErrorNote
        error={{
          message: 'This address lacks its token.',
          hint: 'Open the address that `lathe serve` printed.',
          code: 'engine/refused',
        }}
      />
    );
  return null;
}

export function Frame() {
  const [place] = useLocation();
  const main = useRef<HTMLElement>(null);
  useFrameKeys();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page begins at its top
  useEffect(() => {
    // In braces: newer browsers return a promise here, which is no clean-up.
    void main.current?.scrollTo(0, 0);
  }, [place]);
  return (
    <div className={styles.frame}>
      <button type="button" className={styles.skip} onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <Sidebar />
      <Header />
      <main ref={main} className={styles.main} tabIndex={-1}>
        <div className={styles.trouble}>
          <Trouble />
        </div>
        <ErrorBoundary place={place}>
          <Routes />
        </ErrorBoundary>
      </main>
      <JobBar />
      <Palette />
      <ShortcutsWindow />
      <InspectWindow />
      <DropOverlay />
    </div>
  );
}
