"""The same numbers as transformers and TRL on the full workload model: log-probabilities, greedy tokens, LoRA SFT losses.

usage: parity.py WORK RLHF     WORK: the folder that make_workload.py filled; RLHF: our binary

Bars: log-probabilities within 1e-4 relative, 200 greedy tokens equal, 20 LoRA SFT losses within 1e-3 relative.
Expected values are computed once and kept in WORK/parity; delete that folder to compute them again. Ends with status 1
when a bar is missed.
"""
import tempfile
import ours
from common import *

STEPS, BATCH, RATE, GREEDY = 20, 2, 1e-4, 200


def short_rows(work):
    """The first rows of sft.jsonl with few words, so that twenty steps take a minute and not an hour."""
    cut = lambda messages, words: [m | {"content": " ".join(m["content"].split()[:words])} for m in messages]
    return [{"prompt": cut(r["prompt"], 8), "completion": cut(r["completion"], 12)} for r in rows(work, "sft.jsonl")[:STEPS * BATCH]]


def write_rows(path, items):
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(json.dumps(i, ensure_ascii=False) + "\n" for i in items)


def load(work):
    from transformers import AutoModelForCausalLM
    return AutoModelForCausalLM.from_pretrained(os.path.join(work, "smol135"), dtype=torch.float32)


@torch.no_grad()
def log_probabilities(model, ids):
    logp = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), -1)
    return logp[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0].tolist()


def make_adapter(work, folder):
    from peft import get_peft_model
    model = get_peft_model(load(work), lora())
    torch.manual_seed(5)
    for name, p in model.named_parameters():
        if "lora_" in name: torch.nn.init.normal_(p, 0.0, 0.02)
    model.save_pretrained(folder)


def trl_losses(work, adapter, items, scratch):
    from datasets import Dataset
    from peft import PeftModel
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer
    args = SFTConfig(output_dir=scratch, per_device_train_batch_size=BATCH, max_steps=STEPS, max_length=512, logging_steps=1, report_to=[],
                     save_strategy="no", bf16=False, fp16=False, use_cpu=True, gradient_checkpointing=False, learning_rate=RATE,
                     lr_scheduler_type="constant", warmup_steps=0, train_sampling_strategy="sequential")
    trainer = SFTTrainer(model=PeftModel.from_pretrained(load(work), adapter, is_trainable=True), args=args,
                         processing_class=AutoTokenizer.from_pretrained(os.path.join(work, "smol135")), train_dataset=Dataset.from_list(items))
    trainer.train()
    return [x["loss"] for x in trainer.state.log_history if "grad_norm" in x]


def expected(work):
    """Compute what the peers say, once; returns the folder's values."""
    folder = os.path.join(work, "parity"); path = os.path.join(folder, "expected.json")
    if not os.path.exists(path):
        from transformers import AutoTokenizer
        os.makedirs(folder, exist_ok=True)
        tokenizer, model, items = AutoTokenizer.from_pretrained(os.path.join(work, "smol135")), load(work).eval(), short_rows(work)
        texts = [{"messages": r["prompt"] + r["completion"]} for r in items[:6]] + [{"text": "ka to 数据 模型\n\n  mi 123"}, {"text": items[7]["completion"][0]["content"]}]
        ids = [tokenizer(tokenizer.apply_chat_template(t["messages"], tokenize=False) if "messages" in t else t["text"], add_special_tokens=False)["input_ids"] for t in texts]
        prompt = items[0]["prompt"]
        prompt_ids = tokenizer(tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True), add_special_tokens=False)["input_ids"]
        out = model.generate(torch.tensor([prompt_ids]), max_new_tokens=GREEDY, min_new_tokens=GREEDY, do_sample=False, pad_token_id=0)[0].tolist()
        write_rows(os.path.join(folder, "texts.jsonl"), texts)
        write_rows(os.path.join(folder, "rows.jsonl"), items)
        make_adapter(work, os.path.join(folder, "adapter"))
        with tempfile.TemporaryDirectory() as scratch:
            losses = trl_losses(work, os.path.join(folder, "adapter"), items, scratch)
        value = {"ids": ids, "logprobs": [log_probabilities(model, i) for i in ids], "prompt": prompt, "prompt_ids": prompt_ids,
                 "greedy": out[len(prompt_ids):], "loss": losses}
        with open(path, "w", encoding="utf-8") as f: json.dump(value, f, ensure_ascii=False)
    with open(path, encoding="utf-8") as f: return folder, json.load(f)


def score(rlhf, model, texts):
    """What `rlhf score` prints: one {"tokens", "log_probabilities"} for each line of the file."""
    out, _ = ours.call([rlhf, "score", model, texts])
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def greedy(rlhf, model, prompt):
    """The likeliest tokens after a conversation of one question."""
    out, _ = ours.call([rlhf, "chat", model, "--json", "--temperature", "0", "--maximum-tokens", str(GREEDY), "--prompt", prompt[0]["content"]])
    return json.loads(out.splitlines()[-1])["tokens"]


def worst(mine, theirs):
    return max(abs(a - b) / max(abs(b), 1e-6) for a, b in zip(mine, theirs, strict=True))


def main(work, rlhf):
    folder, value = expected(work)
    model, missed = os.path.join(work, "smol135"), []

    def bar(name, figure, limit):
        print(f"{name}: {figure:.3g} (bar {limit:g})")
        if not figure <= limit: missed.append(name)

    scored = score(rlhf, model, os.path.join(folder, "texts.jsonl"))
    bar("texts with other token ids", sum(s["tokens"] != i for s, i in zip(scored, value["ids"], strict=True)), 0)
    bar("log-probabilities, largest relative difference", max(worst(s["log_probabilities"], e) for s, e in zip(scored, value["logprobs"])), 1e-4)
    losses = ours.sft(os.path.dirname(rlhf), model, os.path.join(folder, "rows.jsonl"), adapter=os.path.abspath(os.path.join(folder, "adapter")),
                      shuffle=False, steps=STEPS, batch=BATCH, learning_rate=RATE)["loss"]
    bar(f"losses of {STEPS} LoRA SFT steps, largest relative difference", worst(losses, value["loss"]), 1e-3)
    ids = greedy(rlhf, model, value["prompt"])
    bar(f"greedy tokens that differ, of {GREEDY}", sum(a != b for a, b in zip(ids, value["greedy"])) + abs(len(ids) - GREEDY), 0)
    print("parity: " + ("missed: " + ", ".join(missed) if missed else "all bars met"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
