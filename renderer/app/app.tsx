/** Everything the page stands on: theme, messages, what is remembered of the engine, where the user is. */
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { Router } from 'wouter';
import { queries } from '../client/queries.ts';
import { useColorScheme } from '../theme/scheme.ts';
import { theme } from '../theme/theme.ts';
import { Frame } from './frame.tsx';
import { useHashLocation, useHashSearch } from './hash-location.ts';

export function App() {
  const scheme = useColorScheme();
  return (
    <MantineProvider
      theme={theme}
      forceColorScheme={scheme}
      withCssVariables={false}
      withGlobalClasses={false}
      deduplicateCssVariables={false}
    >
      <QueryClientProvider client={queries}>
        <Router hook={useHashLocation} searchHook={useHashSearch}>
          <Frame />
        </Router>
        <Notifications position="bottom-right" limit={4} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
