/** Chooses another version to stand beside this one. */
import { Button, Menu, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { go } from '../../../app/hash-location.ts';
import { engine } from '../../../client/client.ts';
import { Icon } from '../../../ui/icon.tsx';

const SHOWN = 12;

export function CompareMenu({ id }: { readonly id: string }) {
  const [search, setSearch] = useState('');
  const [opened, setOpened] = useState(false);
  const { data } = useQuery({
    queryKey: ['models', 'others', search],
    queryFn: () => engine.models.list({ search: search === '' ? undefined : search, limit: SHOWN }),
    enabled: opened,
  });
  const others = data?.items.filter((model) => model.id !== id) ?? [];
  return (
    <Menu position="bottom-end" width={300} opened={opened} onChange={setOpened} transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <Button leftSection={<Icon name="compare" />}>Compare with</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <TextInput
          aria-label="Find a version"
          placeholder="Find a version"
          leftSection={<Icon name="search" />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          data-autofocus
        />
        {others.map((model) => (
          <Menu.Item key={model.id} onClick={() => go(`/models/${id}/beside/${model.id}`)}>
            {model.name} <span className="t3">{model.format}</span>
          </Menu.Item>
        ))}
        {data !== undefined && others.length === 0 && <Menu.Label>No other version</Menu.Label>}
      </Menu.Dropdown>
    </Menu>
  );
}
