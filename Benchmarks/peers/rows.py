"""Rows that comparisons need besides make_workload.py's files. Made once, from those files, and kept in the workload's folder.

usage: rows.py WORK TOKENS     writes WORK/ppo.jsonl: prompts that the chat template makes exactly TOKENS long, each with two
answers; needs transformers, so run it with the peers' Python.
"""
import json, os, random, sys


def read(path, count=None):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for _, line in zip(range(count or 1 << 40), f)]


def write(path, items):
    """Whole or not at all: a half-written file would be taken for a finished one."""
    with open(path + ".part", "w", encoding="utf-8") as f:
        f.writelines(json.dumps(i, ensure_ascii=False) + "\n" for i in items)
    os.replace(path + ".part", path)
    return path


def first(work, name, count):
    """The first rows of a file of the workload, as a file."""
    path = os.path.join(work, f"{name}-{count}.jsonl")
    return path if os.path.exists(path) else write(path, read(os.path.join(work, name + ".jsonl"), count))


def many(work, count):
    """`count` short rows, no two alike: the workload's words over and over, each row with its number in six digits, so
    that rows of a large file are as long as those of a small one."""
    path = os.path.join(work, f"numbered-{count}.jsonl")
    if os.path.exists(path): return path
    rows, r = read(os.path.join(work, "sft.jsonl")), random.Random(1)
    words = " ".join(m["content"] for row in rows for m in row["prompt"] + row["completion"]).split()
    some = lambda n: " ".join(r.choice(words) for _ in range(n))
    said = lambda role, text: [{"role": role, "content": text}]
    return write(path, ({"prompt": said("user", f"{n:06} {some(8)}"), "completion": said("assistant", f"{some(12)} {n:06}")} for n in range(count)))


def text(work):
    """The workload's answers as one plain text, for pretraining."""
    path = os.path.join(work, "text.txt")
    if not os.path.exists(path):
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n\n".join(m["content"] for row in read(os.path.join(work, "sft.jsonl")) for m in row["completion"]))
    return path


def pairs(work, name):
    """A preference file's prompts with their chosen answers: PPO asks what pairs ask."""
    path = os.path.join(work, name + "-pairs.jsonl")
    if os.path.exists(path): return path
    return write(path, ({"prompt": r["prompt"], "completion": r["chosen"]} for r in read(os.path.join(work, name + ".jsonl"))))


def exact_prompts(work, tokens, count=64):
    from transformers import AutoTokenizer
    tokenizer, r = AutoTokenizer.from_pretrained(os.path.join(work, "smol135")), random.Random(3)
    rows = read(os.path.join(work, "dpo.jsonl"))
    words, found = " ".join(row["prompt"][0]["content"] for row in rows).split(), []
    while len(found) < count:
        user = [{"role": "user", "content": " ".join(r.choice(words) for _ in range(r.randint(4, tokens)))}]
        ids = tokenizer(tokenizer.apply_chat_template(user, tokenize=False, add_generation_prompt=True), add_special_tokens=False)["input_ids"]
        if len(ids) == tokens: found.append({"prompt": user} | {k: rows[len(found)][k] for k in ("chosen", "rejected")})
    write(os.path.join(work, "ppo.jsonl"), found)


if __name__ == "__main__":
    exact_prompts(sys.argv[1], int(sys.argv[2]))
