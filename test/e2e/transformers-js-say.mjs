/** What a program does with transformers.js and an exported folder, in Node and in a page alike. */

/** @param library transformers.js */
export async function say({ AutoModelForCausalLM, AutoTokenizer }, request, device) {
  const { folder, texts, conversation, dtypes, tokens } = request;
  const tokenizer = await AutoTokenizer.from_pretrained(folder);
  const result = { prompt: undefined, said: {}, ids: texts.map((text) => tokenizer.encode(text)) };
  if (conversation) {
    result.prompt = tokenizer.apply_chat_template(conversation, { tokenize: false, add_generation_prompt: true });
  }
  for (const dtype of dtypes) {
    const model = await AutoModelForCausalLM.from_pretrained(folder, { dtype, device });
    result.said[dtype] = [];
    for (const text of texts) {
      const inputs = tokenizer(text);
      const length = inputs.input_ids.dims[1];
      const output = await model.generate({ ...inputs, max_new_tokens: tokens, do_sample: false });
      result.said[dtype].push(output.tolist()[0].slice(length).map(Number));
    }
    await model.dispose();
  }
  return result;
}

/** What an encoder leaves of each text: its last hidden states, a row of numbers each, in every dtype. */
export async function encode({ AutoModel, AutoTokenizer }, { folder, texts, dtypes }, device) {
  const tokenizer = await AutoTokenizer.from_pretrained(folder);
  const states = {};
  for (const dtype of dtypes) {
    const model = await AutoModel.from_pretrained(folder, { dtype, device });
    states[dtype] = [];
    for (const text of texts) states[dtype].push([...(await model(tokenizer(text))).last_hidden_state.data]);
    await model.dispose();
  }
  return { ids: texts.map((text) => tokenizer.encode(text)), states };
}
