/** Try the tokenizer: what pieces a text becomes, with the id of each. */
import { Switch, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { engine } from '../../../client/client.ts';
import { counted, shortNumber } from '../../../format/number.ts';
import { Asked } from '../../../ui/asked.tsx';
import { Card } from '../../../ui/card.tsx';
import styles from './detail.module.css';

const EXAMPLE = 'My parcel has not arrived. Could you tell me where it is?';
const SHOWN = 4000;

/** Makes spaces, line ends and lost bytes visible. */
const visible = (text: string): string => text.replaceAll(' ', '·').replaceAll('\n', '↵').replaceAll('\t', '⇥');

export function TokenizerTab({ id }: { readonly id: string }) {
  const [text, setText] = useState(EXAMPLE);
  const [special, setSpecial] = useState(false);
  const [asked] = useDebouncedValue(text, 150);
  const query = useQuery({
    queryKey: ['models', 'tokenize', id, asked, special],
    queryFn: () => engine.models.tokenize({ id, text: asked, special }),
    placeholderData: keepPreviousData,
  });
  const told = query.data;
  return (
    <div className={styles.halves}>
      <Card title="Text">
        <Textarea
          aria-label="Text to split into tokens"
          autosize
          minRows={10}
          maxRows={24}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Switch
          mt="md"
          label="Add the special tokens of a whole text"
          checked={special}
          onChange={(event) => setSpecial(event.currentTarget.checked)}
        />
      </Card>
      <Card
        title="Tokens"
        sub={
          told !== undefined &&
          `${counted(told.tokens.length, 'token')}, ${counted(told.characters, 'character')}${told.tokens.length > 0 ? `, ${shortNumber(told.characters / told.tokens.length)} characters a token` : ''}`
        }
      >
        <Asked query={query}>
          {({ tokens }) => (
            <ol className={styles.tokens}>
              {tokens.slice(0, SHOWN).map((token, index) => (
                <li
                  // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the text
                  key={index}
                  className={token.special ? styles.special : index % 2 === 0 ? styles.even : styles.odd}
                  title={`token ${token.id}`}
                >
                  {visible(token.text)}
                  <small>{token.id}</small>
                </li>
              ))}
            </ol>
          )}
        </Asked>
      </Card>
    </div>
  );
}
