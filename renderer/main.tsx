/** Starts the page: connects to the engine, follows its changes, draws the frame. */
import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import '@mantine/spotlight/styles.layer.css';
import './theme/tokens.css';
import './theme/mantine.css';
import './theme/base.css';
import './theme/controls.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { connect } from './client/connection.ts';
import { followChanges } from './client/live.ts';
import { colorScheme } from './theme/scheme.ts';

document.documentElement.dataset.mantineColorScheme = colorScheme();
connect();
followChanges();

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root element');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
