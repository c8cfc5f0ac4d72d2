/** Wizards that were left unfinished, to go on with. */
import { ActionIcon } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { engine } from '../../../client/client.ts';
import { forget } from '../../../client/queries.ts';
import { Card } from '../../../ui/card.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { Ago } from '../../../ui/quantity.tsx';
import { techniqueName } from '../../../ui/technique.ts';
import { jobIcon } from '../job-progress.ts';
import styles from './drafts.module.css';

export function Drafts() {
  const { data = [] } = useQuery({ queryKey: ['drafts'], queryFn: () => engine.drafts.list({}) });
  if (data.length === 0) return null;
  return (
    <Card title="Unfinished" sub="wizards that you left before Start" label="Unfinished wizards" flush>
      <ul className={styles.list}>
        {data.map(({ id, wizard, title, savedAt }) => (
          <li key={id} className={styles.draft}>
            <Icon name={jobIcon({ techniques: [wizard] })} />
            <Link href={`/${wizard}?draft=${id}`} className={styles.link}>
              <b>{techniqueName(wizard)}</b> <span className="t2">{title}</span>
            </Link>
            <span className="grow" />
            <span className="t3 f12">
              saved <Ago time={savedAt} />
            </span>
            <ActionIcon
              aria-label={`Throw away the draft ${title}`}
              onClick={() => void engine.drafts.remove({ id }).then(() => forget('drafts'))}
            >
              <Icon name="x" size={14} />
            </ActionIcon>
          </li>
        ))}
      </ul>
    </Card>
  );
}
