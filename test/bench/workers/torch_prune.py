"""Pruning SmolLM2 as plain PyTorch does it, nothing learnt afterwards; perplexity of the first tokens of a text after each.
usage: python torch_prune.py MODEL TOKENS THREADS depth|wanda|magnitude
Depth: the layers with the least block influence (ShortGPT) go, 3, 6 and 9 of them. wanda, magnitude: half of the single weights of
every linear layer of the blocks; Wanda within each row, block after block. Last line: one JSON object."""
import json
import sys

import numpy as np
import torch
import transformers

folder, tokens, threads, method = sys.argv[1:5]
torch.set_num_threads(int(threads))
ids = np.fromfile(tokens, dtype="<i4").astype(np.int64)
scored = torch.from_numpy(ids[:4096].reshape(8, 512))
shown = torch.from_numpy(ids[200_000:204_096].reshape(16, 256))
model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
blocks = model.model.layers


@torch.no_grad()
def perplexity():
    losses = []
    for window in scored:
        logits = model(input_ids=window[None], use_cache=False).logits[0, :-1]
        losses.append(torch.nn.functional.cross_entropy(logits, window[1:], reduction="none").double())
    return float(torch.cat(losses).mean().exp())


@torch.no_grad()
def influence():
    sums = np.zeros(len(blocks))
    hooks = []
    for i, block in enumerate(blocks):
        def seen(_, given, made, i=i):
            after = made[0] if isinstance(made, tuple) else made
            sums[i] += 1 - torch.cosine_similarity(given[0], after.reshape(given[0].shape), dim=-1).mean().item()
        hooks.append(block.register_forward_hook(seen))
    for window in shown:
        model.model(input_ids=window[None], use_cache=False)
    for hook in hooks:
        hook.remove()
    return sums


@torch.no_grad()
def wanda():
    """One pass over all windows: a block runs to see its inputs, is pruned, and runs again for the next one."""
    def wrap(block):
        run = block.forward
        linears = [m for m in block.modules() if isinstance(m, torch.nn.Linear)]

        def forward(*args, **more):
            norms = {}
            hooks = [m.register_forward_pre_hook(lambda m, x: norms.__setitem__(m, x[0].flatten(0, -2).norm(dim=0))) for m in linears]
            run(*args, **more)
            for hook in hooks:
                hook.remove()
            for m in linears:
                halve(m.weight.data, m.weight.data.abs() * norms[m])
            return run(*args, **more)
        block.forward = forward
    for block in blocks:
        wrap(block)
    model.model(input_ids=shown, use_cache=False)
    for block in blocks:
        del block.forward


def halve(weight, scores):
    limit = scores.kthvalue(scores.shape[1] // 2, dim=1, keepdim=True).values
    weight.mul_(scores > limit)


values = {}
if method == "depth":
    order = np.argsort(influence(), kind="stable")
    for count in (3, 6, 9):
        model.model.layers = torch.nn.ModuleList([b for i, b in enumerate(blocks) if i not in order[:count]])
        model.config.num_hidden_layers = len(blocks) - count
        values[f"without{count}"] = perplexity()
elif method == "wanda":
    wanda()
    values["perplexity"] = perplexity()
else:
    for m in blocks.modules():
        if isinstance(m, torch.nn.Linear):
            scores = m.weight.data.abs()
            m.weight.data.mul_(scores > scores.flatten().kthvalue(scores.numel() // 2).values)
    values["perplexity"] = perplexity()
print(json.dumps(values))
