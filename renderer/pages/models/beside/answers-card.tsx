/** The same prompts in both versions, answered one after the other with the same seed. */
import { Button, Textarea } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { ModelSummary } from '../../../../app/contract/models.ts';
import { engine } from '../../../client/client.ts';
import { failureOf, type PageFailure } from '../../../client/failure.ts';
import { shortNumber } from '../../../format/number.ts';
import { Card } from '../../../ui/card.tsx';
import { ErrorNote } from '../../../ui/error-note.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { type Answer, type Answers, answerKey, answersAfter } from './answers.ts';
import styles from './beside.module.css';

const EXAMPLES = 'How often should I water a fern?\nMy plant has yellow leaves. What should I do?';
const MOST_PROMPTS = 20;

const promptsOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, MOST_PROMPTS);

function Cell({ answer }: { readonly answer?: Answer }) {
  return (
    <td>
      {answer === undefined ? <span className="t3">waiting</span> : answer.text.trim()}
      {answer?.tokensPerSecond !== undefined && (
        <p className="t3 f12">
          {answer.tokens} tokens, {shortNumber(answer.tokensPerSecond)} tokens/s
        </p>
      )}
    </td>
  );
}

export function AnswersCard({ first, second }: { readonly first: ModelSummary; readonly second: ModelSummary }) {
  const [text, setText] = useState(EXAMPLES);
  const [asked, setAsked] = useState<readonly string[]>([]);
  const [answers, setAnswers] = useState<Answers>(new Map());
  const [running, setRunning] = useState(false);
  const [failure, setFailure] = useState<PageFailure>();
  const stop = useRef<AbortController>(null);
  useEffect(() => () => stop.current?.abort(), []);

  const run = async () => {
    const prompts = promptsOf(text);
    const control = new AbortController();
    stop.current = control;
    setAsked(prompts);
    setAnswers(new Map());
    setFailure(undefined);
    setRunning(true);
    try {
      const pieces = await engine.models.sideBySide(
        { ids: [first.id, second.id], prompts },
        { signal: control.signal },
      );
      for await (const piece of pieces) {
        if (piece.kind === 'failed') setFailure(failureOf(piece.failure));
        else setAnswers((old) => answersAfter(old, piece));
      }
    } catch (error) {
      if (!control.signal.aborted) setFailure(failureOf(error));
    } finally {
      setRunning(false);
    }
  };

  return (
    <Card title="Same prompts in both" sub="greedy, so that every difference is the model's">
      <div className={styles.ask}>
        <Textarea
          className="grow"
          aria-label="Prompts, one a line"
          description="One prompt a line"
          autosize
          minRows={2}
          maxRows={8}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {running ? (
          <Button leftSection={<Icon name="x" />} onClick={() => stop.current?.abort()}>
            Stop
          </Button>
        ) : (
          <Button
            variant="filled"
            leftSection={<Icon name="play" />}
            disabled={promptsOf(text).length === 0}
            onClick={() => void run()}
          >
            Ask both
          </Button>
        )}
      </div>
      {failure !== undefined && <ErrorNote error={failure} />}
      {asked.length > 0 && (
        <table className={styles.answers} aria-busy={running}>
          <thead>
            <tr>
              <th scope="col">Prompt</th>
              <th scope="col">{first.name}</th>
              <th scope="col">{second.name}</th>
            </tr>
          </thead>
          <tbody>
            {asked.map((prompt, index) => (
              <tr key={prompt}>
                <th scope="row">{prompt}</th>
                <Cell answer={answers.get(answerKey(first.id, index))} />
                <Cell answer={answers.get(answerKey(second.id, index))} />
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}
