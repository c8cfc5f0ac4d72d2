/** Loads a GGUF file in llama.cpp: its tokens of a text, its template, and what it says greedily. Prints JSON. */
const [entry, file, request] = process.argv.slice(2);
const { getLlama, LlamaLogLevel } = await import(entry);
const { text, tokens, adapter } = JSON.parse(request);

const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 2, logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: file });
const context = await model.createContext({
  contextSize: 256,
  sequences: 1,
  ...(adapter ? { lora: { adapters: [{ filePath: adapter, scale: 1 }] } } : {}),
});
const ids = [...model.tokenize(text, true)];
const said = [];
for await (const token of context.getSequence().evaluate(ids, { temperature: 0, yieldEogToken: true })) {
  said.push(token);
  if (said.length === tokens) break;
}
const { metadata } = model.fileInfo;
console.log(
  JSON.stringify({
    ids,
    said,
    template: metadata.tokenizer.chat_template,
    architecture: metadata.general.architecture,
  }),
);
process.exit(0);
