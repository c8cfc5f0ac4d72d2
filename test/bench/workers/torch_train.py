"""One training run of PyTorch (and PEFT) for the benchmark, timed step by step, the first two steps left out.

usage: torch_train.py MODEL DATA lora|full THREADS STEPS
float32, batches of 4 chats padded to the longest, at most 256 tokens, loss on the answers, fused AdamW.
"""
import json
import resource
import sys
import time

import numpy
import torch
import transformers

WARM_UP = 2
BATCH, LENGTH, RANK, ALPHA, SEED = 4, 256, 8, 16, 7
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def encode(tokenizer, path):
    """(ids, labels) of every chat: the answers and their end-of-turn tokens are supervised."""
    rows = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            messages = json.loads(line)["messages"]
            ids, labels = [], []
            for i, message in enumerate(messages):
                if message["role"] != "assistant":
                    continue
                head = tokenizer.apply_chat_template(messages[:i], tokenize=False, add_generation_prompt=True)
                whole = tokenizer.apply_chat_template(messages[: i + 1], tokenize=False)
                prompt = tokenizer(head, add_special_tokens=False).input_ids
                answer = tokenizer(whole[len(head) :], add_special_tokens=False).input_ids
                fresh = prompt[len(ids) :]
                ids += fresh + answer
                labels += [-100] * len(fresh) + answer[:-1] + [-100]
            rows.append((ids[:LENGTH], labels[:LENGTH]))
    return rows


def batches(rows, pad):
    random = numpy.random.default_rng(SEED)
    while True:
        order = random.permutation(len(rows))
        for k in range(0, len(order) - BATCH + 1, BATCH):
            chosen = [rows[i] for i in order[k : k + BATCH]]
            longest = max(len(ids) for ids, _ in chosen)
            fill = lambda values, value: values + [value] * (longest - len(values))  # noqa: E731
            ids = torch.tensor([fill(ids, pad) for ids, _ in chosen])
            labels = torch.tensor([fill(labels, -100) for _, labels in chosen])
            mask = torch.tensor([fill([1] * len(ids), 0) for ids, _ in chosen])
            yield ids, mask, labels


def main():
    folder, data, method, threads, steps = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    torch.set_num_threads(threads)
    torch.manual_seed(SEED)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model.config.use_cache = False
    rate = 2e-5
    if method == "lora":
        import peft

        config = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, task_type="CAUSAL_LM", target_modules=LINEAR)
        model = peft.get_peft_model(model, config)
        rate = 2e-4
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0, fused=True)
    source = batches(encode(tokenizer, data), tokenizer.pad_token_id or 0)
    model.train()
    wall = cpu = tokens = supervised = 0
    losses = []
    for step in range(steps):
        ids, mask, labels = next(source)
        begin, used = time.perf_counter(), time.process_time()
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step >= WARM_UP:
            wall += time.perf_counter() - begin
            cpu += time.process_time() - used
            tokens += int(mask.sum())
            supervised += int((labels[:, 1:] != -100).sum())
        losses.append(loss.item())
    timed = steps - WARM_UP
    print(
        json.dumps(
            {
                "tokensPerSecond": tokens / wall,
                "supervisedTokensPerSecond": supervised / wall,
                "tokensPerCpuSecond": tokens / cpu,
                "supervisedTokensPerCpuSecond": supervised / cpu,
                "secondsPerStep": wall / timed,
                "cpuSecondsPerStep": cpu / timed,
                "peakMemoryBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "losses": losses,
                "settings": f"{BATCH} chats padded to the longest, {threads} threads, "
                f"torch {torch.__version__}, transformers {transformers.__version__}, fused AdamW",
            }
        )
    )


main()
