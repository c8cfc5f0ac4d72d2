/** The command palette: every page, every action, every model and data set, by name. */
import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { engine } from '../client/client.ts';
import { Icon } from '../ui/icon.tsx';
import { commands, features } from './features.ts';
import { frameCommands } from './frame-commands.ts';
import { go } from './hash-location.ts';
import { pageActions } from './page-actions.ts';
import styles from './palette.module.css';

const FOUND = 8;

const places: SpotlightActionData[] = features.map(({ title, icon, path }) => ({
  id: `go ${path}`,
  label: `Go to ${title}`,
  keywords: title,
  leftSection: <Icon name={icon} />,
  onClick: () => go(path),
}));

const actions: SpotlightActionData[] = [...commands, ...frameCommands].map(({ id, title, icon, words, run }) => ({
  id,
  label: title,
  keywords: words,
  leftSection: <Icon name={icon} />,
  onClick: run,
}));

const onThisPage = (): SpotlightActionData[] =>
  pageActions().map(({ name, run }) => ({
    id: `page ${name}`,
    label: name,
    leftSection: <Icon name="right" />,
    // After the palette has gone and given the focus back.
    onClick: () => window.setTimeout(run),
  }));

/** What the library holds under these words; asked only while something is written. */
function useFound(query: string): SpotlightActionGroupData[] {
  const search = query.trim();
  const { data } = useQuery({
    queryKey: ['models', 'palette', search],
    enabled: search !== '',
    queryFn: async () => ({
      models: await engine.models.list({ search, limit: FOUND }),
      datasets: await engine.datasets.list({ search, limit: FOUND }),
    }),
  });
  if (data === undefined || search === '') return [];
  const models = data.models.items.map((model) => ({
    id: `model ${model.id}`,
    label: model.name,
    description: `${model.architecture}, ${model.format}`,
    keywords: search,
    leftSection: <Icon name="models" />,
    onClick: () => go(`/models/${model.id}`),
  }));
  const datasets = data.datasets.items.map((dataset) => ({
    id: `dataset ${dataset.id}`,
    label: dataset.name,
    description: dataset.format,
    keywords: search,
    leftSection: <Icon name="data" />,
    onClick: () => go(`/datasets/${dataset.id}`),
  }));
  return [
    { group: 'Models', actions: models },
    { group: 'Data sets', actions: datasets },
  ].filter((group) => group.actions.length > 0);
}

export function Palette() {
  const [query, setQuery] = useState('');
  const found = useFound(query);
  const [here, setHere] = useState<SpotlightActionData[]>([]);
  return (
    <Spotlight
      query={query}
      onQueryChange={(words) => {
        setQuery(words);
        // The page may have gone on since: its buttons are looked for anew.
        setHere(onThisPage());
      }}
      onSpotlightOpen={() => setHere(onThisPage())}
      actions={[
        { group: 'Actions', actions },
        { group: 'Pages', actions: places },
        ...found,
        { group: 'On this page', actions: here },
      ].filter((group) => group.actions.length > 0)}
      shortcut={['mod + K']}
      highlightQuery
      scrollable
      maxHeight={420}
      limit={80}
      lockScroll={false}
      attributes={{ content: { 'aria-label': 'Command palette' } }}
      nothingFound="Nothing by that name"
      classNames={{ content: styles.content, action: styles.action, search: styles.search, actionsGroup: styles.group }}
      transitionProps={{ duration: 0 }}
      overlayProps={{ backgroundOpacity: 0.28, blur: 0 }}
      searchProps={{
        // In the same task as the keys that opened it: what is typed at once is not lost.
        autoFocus: true,
        leftSection: <Icon name="search" />,
        placeholder: 'Search or run a command',
        'aria-label': 'Search or run a command',
      }}
    />
  );
}
