/** Shows the page that the address names; each comes in its own file of the bundle. */
import { lazy, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { EmptyState } from '../ui/empty-state.tsx';
import { Loading } from '../ui/loading.tsx';
import { Page } from '../ui/page.tsx';
import { routes } from './features.ts';

const pages = routes.map(({ path, load }) => ({ path, Component: lazy(load) }));

export const Routes = () => (
  <Suspense fallback={<Loading />}>
    <Switch>
      {pages.map(({ path, Component }) => (
        <Route key={path} path={path}>
          <Component />
        </Route>
      ))}
      <Route>
        <Page title="Not found">
          <EmptyState
            icon="search"
            title="There is no such page"
            action={
              <a className="link" href="#/">
                Go home
              </a>
            }
          />
        </Page>
      </Route>
    </Switch>
  </Suspense>
);
