/** Short messages in the corner: what was done, with a way back where there is one. */
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { failureOf } from '../client/failure.ts';
import { Icon } from './icon.tsx';

interface Message {
  readonly tone?: 'info' | 'good' | 'bad';
  readonly title: string;
  readonly text?: string;
  /** Takes back what was done. */
  readonly undo?: () => Promise<unknown>;
  readonly open?: { readonly label: string; readonly run: () => void };
}

const ICON = { info: 'info', good: 'check', bad: 'warn' } as const;

export function tell({ tone = 'info', title, text, undo, open }: Message): void {
  const close = (then: () => void) => () => {
    notifications.hide(id);
    then();
  };
  const id = notifications.show({
    title,
    icon: <Icon name={ICON[tone]} />,
    color: tone === 'bad' ? 'red' : 'gray',
    autoClose: tone === 'bad' || undo !== undefined ? 12_000 : 5000,
    closeButtonProps: { 'aria-label': 'Close message' },
    message: (
      <>
        {text}
        {(undo ?? open) !== undefined && (
          <div className="row">
            {open !== undefined && (
              <Button size="xs" onClick={close(open.run)}>
                {open.label}
              </Button>
            )}
            {undo !== undefined && (
              <Button size="xs" onClick={close(() => void attempt(undo))}>
                Undo
              </Button>
            )}
          </div>
        )}
      </>
    ),
  });
}

/** Does it, and tells what went wrong if something did. @returns undefined then */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const failure = failureOf(error);
    tell({ tone: 'bad', title: failure.message, text: `${failure.hint} (${failure.code})` });
    return undefined;
  }
}
