/** The list of everything there is, at the left of every page. */
import { useQuery } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { engine } from '../client/client.ts';
import { leading, trailing } from '../pages/index.ts';
import { Icon } from '../ui/icon.tsx';
import { wizards } from '../wizards/index.ts';
import type { Feature } from './feature.ts';
import styles from './sidebar.module.css';

const GROUPS = ['Tune', 'Shrink', 'Run'] as const;

/** The row whose path is the longest beginning of where we are. */
function isHere({ path }: Feature, place: string): boolean {
  return path === '/' ? place === '/' : place === path || place.startsWith(`${path}/`);
}

function Row({ feature, place, count }: { feature: Feature; place: string; count?: number }) {
  const here = isHere(feature, place);
  return (
    <li>
      <a
        href={`#${feature.path}`}
        aria-current={here ? 'page' : undefined}
        className={here ? `${styles.item} ${styles.here}` : styles.item}
      >
        <Icon name={feature.icon} />
        {feature.title}
        {count !== undefined && count > 0 && (
          <span className={styles.count} aria-hidden="true" title={`${count} waiting or running`}>
            {count}
          </span>
        )}
      </a>
    </li>
  );
}

export function Sidebar() {
  const [place] = useLocation();
  const { data: active } = useQuery({
    queryKey: ['jobs', 'active'],
    queryFn: () => engine.jobs.list({ states: ['running', 'queued'], limit: 10 }),
  });
  return (
    <nav className={styles.sidebar} aria-label="Main">
      <div className={styles.brand}>
        <svg viewBox="0 0 20 20" width={20} height={20} fill="none" stroke="currentColor" aria-hidden="true">
          <circle cx="8" cy="10" r="6" strokeWidth={1.75} />
          <circle cx="8" cy="10" r="1.6" fill="currentColor" stroke="none" />
          <path className={styles.tool} d="M19 6.8v6.4L15 10z" stroke="none" />
        </svg>
        Lathe
      </div>
      <ul>
        {leading.map((feature) => (
          <Row key={feature.path} feature={feature} place={place} />
        ))}
      </ul>
      {GROUPS.map((group) => {
        const members = wizards.filter((wizard) => wizard.group === group);
        if (members.length === 0) return null;
        return (
          <div key={group}>
            <h2 className={styles.group} id={`group-${group}`}>
              {group}
            </h2>
            <ul aria-labelledby={`group-${group}`}>
              {members.map((feature) => (
                <Row key={feature.path} feature={feature} place={place} />
              ))}
            </ul>
          </div>
        );
      })}
      <ul className={styles.end}>
        {trailing.map((feature) => (
          <Row
            key={feature.path}
            feature={feature}
            place={place}
            count={feature.path === '/jobs' ? active?.total : undefined}
          />
        ))}
      </ul>
    </nav>
  );
}
