/** Covers the window while something is dragged over it and says what it can become. */
import { useEffect, useState } from 'react';
import { bridge } from '../../client/bridge.ts';
import { Icon } from '../../ui/icon.tsx';
import { type DraggedWords, wordsForDrag } from './dragged.ts';
import styles from './drop-overlay.module.css';
import { inspect } from './inspection.ts';
import { pathsOfDrop } from './paths-of.ts';

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;

export function DropOverlay() {
  const [words, setWords] = useState<DraggedWords>();
  useEffect(() => {
    let depth = 0;
    const enter = (event: DragEvent) => {
      if (!carriesFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      if (depth++ === 0) setWords(wordsForDrag([...event.dataTransfer.items]));
    };
    const over = (event: DragEvent) => {
      if (!carriesFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
    };
    const leave = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setWords(undefined);
    };
    const drop = (event: DragEvent) => {
      depth = 0;
      setWords(undefined);
      const transfer = event.dataTransfer;
      if (!carriesFiles(event) || transfer === null) return;
      event.preventDefault();
      void inspect((progress) => pathsOfDrop(transfer, progress));
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    const ended = bridge?.onOpenPaths((paths) => void inspect(async () => paths));
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
      ended?.();
    };
  }, []);
  if (words === undefined) return null;
  return (
    <div className={styles.overlay} role="status">
      <div className={words.welcome ? styles.sheet : `${styles.sheet} ${styles.refused}`}>
        <div className={styles.words}>
          <Icon name={words.welcome ? 'upload' : 'warn'} size={20} />
          <p className={styles.title}>{words.title}</p>
          <p className="t2">{words.hint}</p>
        </div>
      </div>
    </div>
  );
}
