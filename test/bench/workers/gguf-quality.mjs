/** usage: node gguf-quality.mjs TOOL [ARGUMENT …]: what llama.cpp's measuring program prints over several lines, on one. */
import { spawnSync } from 'node:child_process';

const [tool, ...args] = process.argv.slice(2);
const { status, stdout } = spawnSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
if (status !== 0) process.exit(status ?? 1);
console.log(JSON.stringify(JSON.parse(stdout)));
