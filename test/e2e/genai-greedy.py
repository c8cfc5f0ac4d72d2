"""What an exported folder says greedily in onnxruntime-genai: genai-greedy.py FOLDER TOKENS TEXT. Prints JSON."""
import json
import sys

import onnxruntime_genai as og

folder, tokens, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
model = og.Model(folder)
ids = [int(i) for i in og.Tokenizer(model).encode(text)]
params = og.GeneratorParams(model)
params.set_search_options(max_length=len(ids) + tokens, do_sample=False)
generator = og.Generator(model, params)
generator.append_tokens(ids)
while not generator.is_done():
    generator.generate_next_token()
said = [int(i) for i in generator.get_sequence(0)][len(ids):]
print(json.dumps({"ids": ids, "said": said}))
