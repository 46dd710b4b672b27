"""Make the parity fixtures of virtual tokens and trained token rows: short trainings with PEFT.

usage: python make_prompt_fixtures.py     (after make_fixtures.py, whose model and rows it uses; writes Fixtures/prompts)

Made with Python 3.11, torch 2.13.0 (CPU), transformers 5.23.0, peft 0.21.2. Nothing is downloaded. Each case is 20 steps of
AdamW (no weight decay, gradients clipped at norm 1) over the rows of sft.json in order, 4 at a time; the loss is the mean over
the batch's targets.

CASE/start.safetensors   what is trained, before the first step, under PEFT's names in `prompt_encoder`
CASE/final.safetensors   the same after the last step
CASE/adapter_*           what PEFT saves then
CASE/result.json         losses, gradient norms; of the opened adapter: log-probabilities of a row, greedy answers
tied/                    a model whose output matrix is its embedding, for the case tokens-tied
"""
import json, os, shutil, sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
here = os.path.dirname(os.path.abspath(__file__))
import importlib.util
import peft, safetensors.torch, torch
from transformers import LlamaForCausalLM

FOLDER = os.path.join(here, "Fixtures", "prompts")
BATCH, STEPS, RATE = 4, 20, 1e-2
COMMON = dict(task_type="CAUSAL_LM", num_virtual_tokens=5)
CASES = {
    "prefix": peft.PrefixTuningConfig(**COMMON),
    "prefix-projection": peft.PrefixTuningConfig(**COMMON, prefix_projection=True, encoder_hidden_size=12),
    "p-tuning-mlp": peft.PromptEncoderConfig(**COMMON, encoder_reparameterization_type="MLP", encoder_hidden_size=12),
    "p-tuning-lstm": peft.PromptEncoderConfig(**COMMON, encoder_reparameterization_type="LSTM", encoder_hidden_size=6),
    "prompt": peft.PromptTuningConfig(**COMMON),
    "tokens": peft.TrainableTokensConfig(token_indices=[2, 201, 87], task_type="CAUSAL_LM"),
    "tokens-tied": peft.LoraConfig(r=2, lora_alpha=4, target_modules=["q_proj", "down_proj"], trainable_token_indices=[2, 201, 87],
                                   task_type="CAUSAL_LM"),
}


def trained(model):
    """Trained values, under the names that ours have."""
    def name(key):
        if key.startswith("prompt_encoder."): return key.removeprefix("prompt_encoder.default.")
        return key.replace(".default", "")
    return {name(k): p.detach().clone().contiguous() for k, p in model.named_parameters() if p.requires_grad}


def batch(rows):
    width = max(len(r["ids"]) for r in rows)
    ids, labels, mask = (torch.full((len(rows), width), fill) for fill in (0, -100, 0))
    for i, row in enumerate(rows):
        n = len(row["ids"])
        ids[i, :n] = torch.tensor(row["ids"]); mask[i, :n] = 1
        for t in row["targets"]: labels[i, t] = row["ids"][t]
    return dict(input_ids=ids, labels=labels, attention_mask=mask)


def make(case, config, base, rows):
    folder = os.path.join(FOLDER, case)
    torch.manual_seed(41)
    model = peft.get_peft_model(base(), config)
    if case == "tokens-tied":
        for name, p in model.named_parameters():
            if "lora_B" in name: torch.nn.init.normal_(p, 0.0, 0.1)
    os.makedirs(folder)
    safetensors.torch.save_file(trained(model), os.path.join(folder, "start.safetensors"))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=RATE, weight_decay=0.0)
    losses, norms = [], []
    model.train()
    for step in range(STEPS):
        part = [rows[(step * BATCH + i) % len(rows)] for i in range(BATCH)]
        loss = model(**batch(part)).loss
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)))
        optimizer.step(); optimizer.zero_grad()
        losses.append(float(loss))
    safetensors.torch.save_file(trained(model), os.path.join(folder, "final.safetensors"))
    model.save_pretrained(folder)
    path = os.path.join(folder, "adapter_config.json")
    saved = json.load(open(path)); saved["base_model_name_or_path"] = "tiny"
    json.dump(saved, open(path, "w"), indent=1)
    if os.path.exists(os.path.join(folder, "README.md")): os.remove(os.path.join(folder, "README.md"))
    # As somebody would open it again.
    model = peft.PeftModel.from_pretrained(base(), folder).eval()
    row = rows[0]["ids"]
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([row])).logits[0, -len(row):].log_softmax(-1)
        scores = [float(logits[i, row[i + 1]]) for i in range(len(row) - 1)]
        greedy = []
        for prompt in (rows[1]["ids"][:8], rows[2]["ids"][:5]):
            out = model.generate(input_ids=torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
                                 max_new_tokens=12, do_sample=False, eos_token_id=None, pad_token_id=0)
            greedy.append({"prompt": prompt, "answer": out[0, len(prompt):].tolist()})
    settings = {"learning_rate": RATE, "weight_decay": 0.0, "adam_beta1": 0.9, "adam_beta2": 0.999, "adam_epsilon": 1e-8,
                "max_grad_norm": 1.0, "batch_size": BATCH, "steps": STEPS}
    with open(os.path.join(folder, "result.json"), "w") as f:
        json.dump({"settings": settings, "loss": losses, "grad_norm": norms, "row": row, "log_probabilities": scores, "greedy": greedy}, f, indent=1)


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    spec = importlib.util.spec_from_file_location("tiny", os.path.join(os.path.dirname(here), "ModelsTests", "make_fixtures.py"))
    tiny = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tiny)
    torch.set_num_threads(1)
    with open(os.path.join(here, "Fixtures", "sft.json"), encoding="utf-8") as f: rows = json.load(f)["rows"]
    tied = os.path.join(FOLDER, "tied")
    tiny.make_model(True, 12).save_pretrained(tied)
    for case, config in CASES.items():
        folder = tied if case.endswith("tied") else os.path.join(here, "Fixtures", "tiny")
        make(case, config, lambda: LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager"), rows)


if __name__ == "__main__":
    main()
