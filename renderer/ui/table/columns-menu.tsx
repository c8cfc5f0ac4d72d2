/** Chooses the columns of a table. */
import { ActionIcon, Menu } from '@mantine/core';
import { Icon } from '../icon.tsx';
import type { ShownColumns } from './columns.ts';

export const ColumnsMenu = <T,>({ columns }: { readonly columns: ShownColumns<T> }) => (
  <Menu position="bottom-end" closeOnItemClick={false} transitionProps={{ duration: 0 }}>
    <Menu.Target>
      <ActionIcon aria-label="Columns" size={32}>
        <Icon name="cols" />
      </ActionIcon>
    </Menu.Target>
    <Menu.Dropdown>
      {columns.all
        .filter(({ fixed }) => fixed !== true)
        .map(({ key, head }) => (
          <Menu.Item
            key={key}
            role="menuitemcheckbox"
            aria-checked={columns.isShown(key)}
            leftSection={<Icon name={columns.isShown(key) ? 'check' : 'minus'} />}
            onClick={() => columns.toggle(key)}
          >
            {head}
          </Menu.Item>
        ))}
    </Menu.Dropdown>
  </Menu>
);
