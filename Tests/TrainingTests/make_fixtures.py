"""Make the parity fixtures of TrainingTests: short runs of TRL's trainers, and the pure functions of preference training.

usage: python make_fixtures.py [FOLDER]     (default: the Fixtures folder beside this file)

Made with Python 3.11, torch 2.13.0 (CPU), transformers 5.23.0, trl 1.16.0, peft 0.21.2, datasets 5.2.0, accelerate 1.15.0,
bitsandbytes 0.50.2.
Rows are read in file order, the optimiser is AdamW without weight decay, gradients are clipped at norm 1. Everything is
float32 and seeded, and nothing is downloaded. Another version of torch may change last digits.

tiny/ adapter/       the model, and the adapter (A and B random) that SFT starts from
sft.json             20 steps of SFTTrainer; sft-final.safetensors is the adapter after them
dpo-start/ dpo.json  10 steps of DPOTrainer from an adapter with B = 0, so that the reference is the base model
reward-start/ reward.json   10 steps of RewardTrainer from a random adapter and score head
ppo_functions.json dpo_losses.json optim.json   see fixture_functions.py
adamw8bit.json              see fixture_adamw8bit.py
"""
import json, os, shutil, sys, tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
import importlib.util
import peft, safetensors.torch, torch
import fixture_adamw8bit, fixture_functions
from datasets import Dataset, disable_caching, disable_progress_bars
from transformers import AutoModelForSequenceClassification, LlamaForCausalLM
from trl import DPOConfig, DPOTrainer, RewardConfig, RewardTrainer, SFTConfig, SFTTrainer

spec = importlib.util.spec_from_file_location("tiny", os.path.join(os.path.dirname(here), "ModelsTests", "make_fixtures.py"))
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)  # the same model and tokenizer as the fixtures of ModelsTests
disable_caching(); disable_progress_bars()
GOOD = ["LoRA trains two small matrices beside a frozen weight.", "损失是训练要变小的数。", "It is the mean loss of a token, as an exponential.",
        "The answer is short.", "模型先读提示，再写回答。", "Yes.", "A token is a piece of text with a number.", "用 DPO 训练。"]
BAD = ["I do not know.", "不知道。", "It is a kind of fish, a fish, a fish.", "The answer the answer the answer.", "回答回答回答回答。",
       "No, and I will not say why.", "Text.", "用火训练，用水训练。"]
ASK = ["What is LoRA?", "什么是损失？", "What is perplexity?", "Give the answer.", "模型怎样工作？", "Is it so?", "What is a token?", "怎样训练？"]
user = lambda s: [{"role": "user", "content": s}]
said = lambda s: [{"role": "assistant", "content": s}]


def settings(config, output, steps, rate, batch):
    return config(output_dir=output, per_device_train_batch_size=batch, max_steps=steps, logging_steps=1, report_to=[], save_strategy="no",
                  bf16=False, fp16=False, use_cpu=True, gradient_checkpointing=False, learning_rate=rate, lr_scheduler_type="constant",
                  warmup_steps=0, weight_decay=0.0, max_grad_norm=1.0, optim="adamw_torch", train_sampling_strategy="sequential",
                  disable_tqdm=True, seed=1)


def run(trainer, row_count):
    """Train, and return the settings, the rows of each batch and TRL's log of each step."""
    args = trainer.args
    trainer.train()
    log = [x for x in trainer.state.log_history if "grad_norm" in x]
    batch, steps = args.per_device_train_batch_size, args.max_steps
    names = ["learning_rate", "lr_scheduler_type", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon", "max_grad_norm"]
    return {"settings": {n: getattr(args, n) for n in names} | {"batch_size": batch, "steps": steps},
            "batches": [[(s * batch + i) % row_count for i in range(batch)] for s in range(steps)]}, log


def column(log, key):
    return [float(x[key]) for x in log]


def write(path, value):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False, indent=1)


def sft(path, base, tokenizer, scratch):
    tiny.save_adapter(tiny.make_adapter(base(), 21, 0.1), path("adapter"))
    model = peft.PeftModel.from_pretrained(base(), path("adapter"), is_trainable=True)
    rows = [{"prompt": user(q), "completion": said(a)} for q, a in zip(ASK, GOOD)]
    trainer = SFTTrainer(model=model, args=settings(SFTConfig, scratch, 20, 5e-3, 4), processing_class=tokenizer,
                         train_dataset=Dataset.from_list(rows))
    for row, made in zip(rows, trainer.train_dataset):
        row["ids"] = made["input_ids"]
        row["targets"] = [i for i, label in enumerate(made["labels"]) if label != -100]
    result, log = run(trainer, len(rows))
    write(path("sft.json"), result | {"rows": rows, "loss": column(log, "loss"), "grad_norm": column(log, "grad_norm")})
    safetensors.torch.save_file({k: v.contiguous() for k, v in peft.get_peft_model_state_dict(trainer.model).items()}, path("sft-final.safetensors"))


def dpo(path, base, tokenizer, scratch):
    start = tiny.make_adapter(base(), 22)
    for name, p in start.named_parameters():
        if "lora_B" in name: torch.nn.init.zeros_(p)
    tiny.save_adapter(start, path("dpo-start"))
    model = peft.PeftModel.from_pretrained(base(), path("dpo-start"), is_trainable=True)
    rows = [{"prompt": user(q), "chosen": said(a), "rejected": said(b)} for q, a, b in zip(ASK, GOOD, BAD)]
    args = settings(DPOConfig, scratch, 10, 5e-3, 4); args.beta = 0.1
    trainer = DPOTrainer(model=model, args=args, processing_class=tokenizer, train_dataset=Dataset.from_list(rows))
    for row, made in zip(rows, trainer.train_dataset):
        row |= {k: made[k] for k in ("prompt_ids", "chosen_ids", "rejected_ids")}
    result, log = run(trainer, len(rows))
    result["settings"]["beta"] = args.beta
    keys = {"loss": "loss", "margins": "rewards/margins", "accuracies": "rewards/accuracies", "rewards_chosen": "rewards/chosen",
            "rewards_rejected": "rewards/rejected", "logps_chosen": "logps/chosen", "logps_rejected": "logps/rejected", "grad_norm": "grad_norm"}
    write(path("dpo.json"), result | {"reference": "tiny (the adapter off)", "rows": rows} | {k: column(log, v) for k, v in keys.items()})


def reward(path, tokenizer, scratch):
    base = lambda: AutoModelForSequenceClassification.from_pretrained(path("tiny"), num_labels=1, dtype=torch.float32, attn_implementation="eager")
    start = peft.get_peft_model(base(), peft.LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=tiny.LINEAR, task_type="SEQ_CLS"))
    torch.manual_seed(23)
    for name, p in start.named_parameters():
        if "lora_" in name: torch.nn.init.normal_(p, 0.0, 0.1)
        elif p.requires_grad: torch.nn.init.normal_(p, 0.0, 0.2)
    tiny.save_adapter(start, path("reward-start"))
    model = peft.PeftModel.from_pretrained(base(), path("reward-start"), is_trainable=True)
    rows = [{"chosen": user(q) + said(a), "rejected": user(q) + said(b)} for q, a, b in zip(ASK, GOOD, BAD)]
    trainer = RewardTrainer(model=model, args=settings(RewardConfig, scratch, 10, 5e-3, 4), processing_class=tokenizer,
                            train_dataset=Dataset.from_list(rows))
    for row, made in zip(rows, trainer.train_dataset):
        row |= {k: made[k] for k in ("chosen_ids", "rejected_ids")}
    model.eval()
    with torch.no_grad():
        first = {k: [float(model(torch.tensor([row[k + "_ids"]])).logits) for row in rows] for k in ("chosen", "rejected")}
    result, log = run(trainer, len(rows))
    write(path("reward.json"), result | {"rows": rows, "start_rewards": first} | {k: column(log, k) for k in ("loss", "margin", "accuracy", "grad_norm")})


def main(folder):
    shutil.rmtree(folder, ignore_errors=True); os.makedirs(folder)
    path = lambda name: os.path.join(folder, name)
    torch.set_num_threads(1)
    tokenizer = tiny.make_tokenizer()
    tiny.make_model(False, 11).save_pretrained(path("tiny")); tokenizer.save_pretrained(path("tiny"))
    base = lambda: LlamaForCausalLM.from_pretrained(path("tiny"), dtype=torch.float32, attn_implementation="eager")
    with tempfile.TemporaryDirectory() as scratch:
        sft(path, base, tokenizer, scratch)
        dpo(path, base, tokenizer, scratch)
        reward(path, tokenizer, scratch)
    write(path("ppo_functions.json"), fixture_functions.ppo())
    write(path("dpo_losses.json"), fixture_functions.dpo())
    write(path("optim.json"), fixture_functions.optimisers())
    write(path("adamw8bit.json"), fixture_adamw8bit.expected())


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "Fixtures"))
