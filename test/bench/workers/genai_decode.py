"""The same by onnxruntime-genai. usage: genai_decode.py FOLDER TOKENS THREADS CONTEXT STEPS ROUNDS"""
import json
import sys
import time

import numpy as np
import onnxruntime_genai as og

folder, file = sys.argv[1:3]
threads, context, steps, rounds = map(int, sys.argv[3:7])
config = og.Config(folder)
config.overlay(json.dumps({"model": {"decoder": {"session_options": {"intra_op_num_threads": threads}}}}))
model = og.Model(config)
prompt = np.fromfile(file, dtype="<i4", count=context).astype(np.int32)
now = lambda: (time.perf_counter(), time.process_time())

rates = {"prefill": [], "prefillCpu": [], "decode": [], "decodeCpu": []}
for round in range(rounds + 1):
    params = og.GeneratorParams(model)
    length = context + steps + 2
    params.set_search_options(max_length=length, min_length=length, do_sample=False)
    generator = og.Generator(model, params)
    start = now()
    generator.append_tokens(prompt)
    generator.generate_next_token()
    first = now()
    for _ in range(steps):
        generator.generate_next_token()
    end = now()
    del generator
    if round == 0:
        continue
    for i, kind in enumerate(("", "Cpu")):
        rates["prefill" + kind].append(context / (first[i] - start[i]))
        rates["decode" + kind].append(steps / (end[i] - first[i]))
print(json.dumps(rates))
