/** How much goes: in words with the size that is left, and a slider that decides when it is let go. */
import { Slider } from '@mantine/core';
import type { ReactNode } from 'react';
import { bytes } from '../../../format/bytes.ts';
import design from '../../frame/steps/design.module.css';

interface Props {
  /** Of the words, which name section and slider. */
  readonly id: string;
  readonly words: string;
  readonly sizeBytes: number | undefined;
  readonly resultBytes: number | undefined;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly value: number;
  /** Where the slider is on its way; undefined once it is let go. */
  readonly move: (value: number | undefined) => void;
  readonly choose: (value: number) => void;
  readonly children: ReactNode;
}

export function Amount({ id, words, sizeBytes = 0, resultBytes, move, choose, children, ...slider }: Props) {
  return (
    <section className={design.design} aria-labelledby={id}>
      <div className={design.words}>
        <b id={id}>{words}</b>
        <span className="t2">
          {bytes(sizeBytes)}
          {resultBytes !== undefined && ` becomes about ${bytes(resultBytes)}`}
        </span>
      </div>
      <Slider
        {...slider}
        thumbProps={{ 'aria-labelledby': id }}
        label={null}
        onChange={move}
        onChangeEnd={(value) => {
          move(undefined);
          choose(value);
        }}
      />
      {children}
    </section>
  );
}
