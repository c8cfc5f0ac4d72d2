/** Loads exported folders in transformers.js as a program of its users would. Prints JSON. */
import { register } from 'node:module';

const [entry, request] = process.argv.slice(2);
const { root, folder, texts, conversation, dtypes, tokens } = JSON.parse(request);
// Images are what it needs sharp for.
const hook = `export const resolve = (name, context, next) => name === 'sharp' ? { url: 'data:text/javascript,export default {}', shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
const { AutoModelForCausalLM, AutoTokenizer, env } = await import(entry);
env.allowRemoteModels = false;
env.localModelPath = root;

const tokenizer = await AutoTokenizer.from_pretrained(folder);
const result = { prompt: undefined, said: {}, ids: texts.map((text) => tokenizer.encode(text)) };
if (conversation) {
  result.prompt = tokenizer.apply_chat_template(conversation, { tokenize: false, add_generation_prompt: true });
}
for (const dtype of dtypes) {
  const model = await AutoModelForCausalLM.from_pretrained(folder, { dtype, device: 'cpu' });
  result.said[dtype] = [];
  for (const text of texts) {
    const inputs = tokenizer(text);
    const length = inputs.input_ids.dims[1];
    const output = await model.generate({ ...inputs, max_new_tokens: tokens, do_sample: false });
    result.said[dtype].push(output.tolist()[0].slice(length).map(Number));
  }
}
console.log(JSON.stringify(result));
