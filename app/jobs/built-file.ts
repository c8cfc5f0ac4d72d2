/** Files that are started as processes: under the test runner the sources are TypeScript, which Node 20 cannot start. */
import { fileURLToPath } from 'node:url';

/** @param name below app, without its ending: `jobs/worker` */
export const builtFile = (name: string): string =>
  fileURLToPath(new URL(`../${name}.js`, import.meta.url.replace('/app/jobs/', '/dist/jobs/')));
