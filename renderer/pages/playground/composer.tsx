/** Where the question is typed: Enter sends, Shift+Enter makes a new line. */
import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { Icon } from '../../ui/icon.tsx';
import styles from './composer.module.css';
import type { Playing } from './use-conversation.ts';

export function Composer({ playing }: { readonly playing: Playing }) {
  const { busy, send, stop } = playing;
  const [text, setText] = useState('');
  const ready = text.trim() !== '' && !busy;
  const submit = () => {
    if (!ready) return;
    send(text.trim());
    setText('');
  };
  return (
    <form
      className={styles.composer}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Textarea
        className="grow"
        aria-label="Message"
        placeholder="Ask something"
        autosize
        minRows={1}
        maxRows={6}
        maxLength={100_000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          submit();
        }}
      />
      {busy ? (
        <Button leftSection={<Icon name="x" />} onClick={stop}>
          Stop
        </Button>
      ) : (
        <Button type="submit" variant="filled" disabled={!ready}>
          Send
        </Button>
      )}
    </form>
  );
}
