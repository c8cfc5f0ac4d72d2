/** Where am I, the command palette, how the engine is, the theme. */
import { ActionIcon, Menu } from '@mantine/core';
import { Fragment } from 'react';
import { saveSettings } from '../client/settings.ts';
import { type ThemeChoice, useThemeChoice } from '../theme/scheme.ts';
import { useCrumbs } from '../ui/crumbs.ts';
import { Icon } from '../ui/icon.tsx';
import { EngineState } from './engine-state.tsx';
import styles from './header.module.css';
import { openPalette } from './palette-control.ts';
import { PALETTE_KEYS } from './shortcuts.ts';

const THEMES: readonly (readonly [ThemeChoice, string])[] = [
  ['light', 'Light'],
  ['dark', 'Dark'],
  ['system', 'As the system'],
];

function Breadcrumb() {
  const crumbs = useCrumbs();
  return (
    <nav aria-label="Breadcrumb" className={styles.crumbs}>
      {crumbs.map((crumb, index) => (
        <Fragment key={crumb.to ?? crumb.label}>
          {index > 0 && <Icon name="cr" size={12} />}
          {crumb.to === undefined ? (
            <b className="cut" aria-current="page">
              {crumb.label}
            </b>
          ) : (
            <a className="cut" href={`#${crumb.to}`}>
              {crumb.label}
            </a>
          )}
        </Fragment>
      ))}
    </nav>
  );
}

function ThemeSwitch() {
  const choice = useThemeChoice();
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <ActionIcon aria-label="Theme">
          <Icon name="theme" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {THEMES.map(([value, label]) => (
          <Menu.Item
            key={value}
            onClick={() => void saveSettings({ theme: value })}
            leftSection={choice === value ? <Icon name="check" title="Chosen" /> : <span className={styles.blank} />}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export const Header = () => (
  <header className={styles.header}>
    <Breadcrumb />
    <button type="button" className={styles.palette} onClick={openPalette}>
      <Icon name="search" size={14} />
      Search or run a command
      <span className={styles.keys} aria-hidden="true">
        {PALETTE_KEYS}
      </span>
    </button>
    <EngineState />
    <ThemeSwitch />
  </header>
);
