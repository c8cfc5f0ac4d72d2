/** Wizards that were left unfinished: one click goes on where they were. */
import { useQuery } from '@tanstack/react-query';
import { engine } from '../../client/client.ts';
import { Card } from '../../ui/card.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Ago } from '../../ui/quantity.tsx';
import { techniqueIcon } from '../../ui/technique.ts';
import { wizards } from '../../wizards/index.ts';
import styles from './home.module.css';

const SHOWN = 5;

export function Unfinished() {
  const { data } = useQuery({ queryKey: ['drafts'], queryFn: () => engine.drafts.list({}) });
  if (data === undefined || data.length === 0) return null;
  return (
    <Card title="Left unfinished" sub="drafts of wizards">
      {data.slice(0, SHOWN).map(({ id, wizard, title, savedAt }) => {
        const path = wizards.find((one) => one.title === wizard || one.path === `/${wizard}`)?.path ?? `/${wizard}`;
        return (
          <a key={id} className={styles.draft} href={`#${path}?draft=${id}`}>
            <Icon name={techniqueIcon(wizard)} />
            <b className="grow cut">{title}</b>
            <span className="t2 f12">
              <Ago time={savedAt} />
            </span>
          </a>
        );
      })}
    </Card>
  );
}
