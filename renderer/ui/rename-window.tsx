/** Gives something another name. */
import { Button, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { attempt } from './notify.tsx';
import styles from './remove-window.module.css';

interface Props {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly name: string;
  readonly rename: (name: string) => Promise<unknown>;
}

export function RenameWindow({ opened, onClose, name, rename }: Props) {
  const [text, setText] = useState(name);
  const wanted = text.trim();
  const run = async () => {
    if ((await attempt(() => rename(wanted))) !== undefined) onClose();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={`Rename ${name}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <TextInput
          label="Name"
          value={text}
          maxLength={120}
          onChange={(event) => setText(event.currentTarget.value)}
          data-autofocus
        />
        <div className={styles.actions}>
          <Button onClick={onClose}>Leave it</Button>
          <Button type="submit" variant="filled" disabled={wanted === '' || wanted === name}>
            Rename
          </Button>
        </div>
      </form>
    </Modal>
  );
}
