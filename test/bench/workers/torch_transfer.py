"""A linear head on a frozen MiniLM, or everything trained, as a plain PyTorch loop does it: the encoder runs in every epoch.
usage: python torch_transfer.py MODEL TRAIN TEST head|full THREADS EPOCHS ROWS TOKENS
Mean of the last layer's real tokens, batches of 16, AdamW; the total holds the test rows' pass too. Last line: one JSON object."""
import json
import sys
import time

import torch
import transformers

folder, train_file, test_file, method, threads, epochs, rows_used, tokens = sys.argv[1:9]
torch.set_num_threads(int(threads))
torch.manual_seed(7)
HEAD_RATE, RATE, BATCH, LONGEST = 5e-3, 3e-5, 16, int(tokens)
SEEDS = 5  # beginnings of a head whose accuracies are averaged


def load(path):
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [row["text"] for row in rows], [row["label"] for row in rows]


texts, labels = (part[: int(rows_used)] for part in load(train_file))
test_texts, test_labels = load(test_file)
names = sorted(set(labels))
tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
encode = lambda part: tokenizer(part, truncation=True, max_length=LONGEST)["input_ids"]
ids, test_ids = encode(texts), encode(test_texts)
targets = torch.tensor([names.index(label) for label in labels])
net = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32)
head = torch.nn.Linear(net.config.hidden_size, len(names))
full = method == "full"
groups = [{"params": head.parameters(), "lr": HEAD_RATE}]
if full:
    groups.append({"params": net.parameters(), "lr": RATE})
optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
net.train(full)


def pooled(rows):
    batch = tokenizer.pad({"input_ids": rows}, return_tensors="pt")
    hidden = net(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None]
    return (hidden * mask).sum(1) / mask.sum(1)


seconds, losses = [], []
for epoch in range(int(epochs)):
    order = torch.randperm(len(ids), generator=torch.Generator().manual_seed(epoch)).tolist()
    begin, total = time.perf_counter(), 0.0
    for at in range(0, len(order), BATCH):
        rows = order[at : at + BATCH]
        with torch.set_grad_enabled(full):
            vectors = pooled([ids[row] for row in rows])
        loss = torch.nn.functional.cross_entropy(head(vectors), targets[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    seconds.append(time.perf_counter() - begin)
    losses.append(total / len(order))

net.eval()
begin = time.perf_counter()
with torch.inference_mode():
    guesses = [names[i] for k in range(0, len(test_ids), 64) for i in head(pooled(test_ids[k : k + 64])).argmax(-1).tolist()]
measuring = time.perf_counter() - begin
right = sum(guess == label for guess, label in zip(guesses, test_labels))
accuracies = [right / len(test_labels)]

# What was timed is over; heads from other beginnings say how accurate one is apart from chance.
with torch.inference_mode():
    vectors = torch.cat([pooled(ids[k : k + 64]) for k in range(0, len(ids), 64)])
    test_vectors = torch.cat([pooled(test_ids[k : k + 64]) for k in range(0, len(test_ids), 64)])
vectors, test_vectors = vectors.clone(), test_vectors.clone()
for seed in range(1, 1 if full else SEEDS):
    torch.manual_seed(seed)
    head = torch.nn.Linear(net.config.hidden_size, len(names))
    optimizer = torch.optim.AdamW(head.parameters(), lr=HEAD_RATE, weight_decay=0.01)
    for epoch in range(int(epochs)):
        for rows in torch.randperm(len(ids)).split(BATCH):
            loss = torch.nn.functional.cross_entropy(head(vectors[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    guesses = [names[i] for i in head(test_vectors).argmax(-1).tolist()]
    accuracies.append(sum(guess == label for guess, label in zip(guesses, test_labels)) / len(test_labels))
print(json.dumps({
    "accuracy": 100 * sum(accuracies) / len(accuracies),
    "totalSeconds": sum(seconds) + measuring,
    "epochSeconds": seconds[-1],
    "losses": losses,
    "settings": f"batch {BATCH}, at most {LONGEST} tokens, {threads} threads, torch {torch.__version__}",
}))
