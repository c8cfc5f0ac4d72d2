/** Loads exported folders in transformers.js as a program of its users would. Prints JSON. */
import { register } from 'node:module';
import { say } from './transformers-js-say.mjs';

const [entry, request] = process.argv.slice(2);
// Images are what it needs sharp for.
const hook = `export const resolve = (name, context, next) => name === 'sharp' ? { url: 'data:text/javascript,export default {}', shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
const library = await import(entry);
const wanted = JSON.parse(request);
library.env.allowRemoteModels = false;
library.env.localModelPath = wanted.root;
console.log(JSON.stringify(await say(library, wanted, 'cpu')));
