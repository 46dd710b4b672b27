"""Check that adapters trained by `rlhf` open in PEFT and compute the same.

usage: python check_methods_peft.py RLHF [FOLDER]     (RLHF: the built program; FOLDER: kept for a look, else temporary)

For each method, and each member of the LoRA family, a recipe trains an adapter on the tiny model, `rlhf score` gives its
log-probabilities, and PEFT opens the saved folder over the same model; the two must agree within 1e-4 at every token.
DoRA is checked over dropout and attention of every layer, PiSSA as the plain LoRA it is saved as.

Checked with torch 2.13.0, transformers 5.23.0, peft 0.21.2.
"""
import json, os, subprocess, sys, tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")
here = os.path.dirname(os.path.abspath(__file__))
import peft, torch
from transformers import LlamaForCausalLM

CASES = {
    "lora": "lora: {rank: 4, alpha: 8}",
    "rslora": "lora: {rank: 4, alpha: 8, rslora: true, targets: all-linear}",
    "dora": "lora: {rank: 4, alpha: 8, dora: true}",
    "dora-dropout": "lora: {rank: 4, alpha: 8, dora: true, dropout: 0.2, targets: [q_proj, down_proj]}",
    "pissa": "lora: {rank: 4, alpha: 8, start: pissa}",
    "pissa-rslora": "lora: {rank: 4, alpha: 8, start: pissa, rslora: true, rank_pattern: {q_proj: 2}, alpha_pattern: {up_proj: 4}}",
    "pissa-dora": "lora: {rank: 4, alpha: 8, start: pissa, dora: true}",
    "gaussian-plus": "lora: {rank: 4, alpha: 8, start: gaussian, plus_ratio: 16}",
    "pattern": "lora: {rank: 4, alpha: 8, targets: '.*(q_proj|mlp.*)', exclude: up_proj, rank_pattern: {'layers.1.*q_proj': 2}, alpha_pattern: {gate_proj: 2}}",
    "layers": "lora: {rank: 4, alpha: 8, targets: [v_proj, o_proj], layers: [1]}",
    "prefix": "method: prefix",
    "prefix-projection": "method: prefix, virtual_tokens: {count: 5, encoder: projection, encoder_width: 12}",
    "p-tuning-v2": "method: p-tuning-v2, virtual_tokens: {count: 5, start: random}",
    "p-tuning-mlp": "method: p-tuning, virtual_tokens: {count: 5}",
    "p-tuning-lstm": "method: p-tuning, virtual_tokens: {count: 5, encoder: lstm, encoder_width: 6}",
    "prompt": "method: prompt, virtual_tokens: {count: 5}",
    "tokens": "method: tokens, trained_tokens: ['<|im_end|>', L, R, '?', '.']",
    "lora-tokens": "lora: {rank: 4, alpha: 8}, trained_tokens: ['<|im_end|>', L, R, '?', '.']",
}
PAIRS = [("What is LoRA?", "LoRA trains two small matrices."), ("What is a loss?", "The number that training makes small."),
         ("How does the model work?", "It reads the prompt and writes the answer."), ("Is it so?", "Yes, it is so.")]


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode: sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def check(program, folder, name, keys):
    place = os.path.join(folder, name)
    os.makedirs(place)
    model = os.path.join(here, "Fixtures", "tiny")
    with open(os.path.join(place, "pairs.jsonl"), "w", encoding="utf-8") as f:
        for question, answer in PAIRS:
            f.write(json.dumps({"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}) + "\n")
    with open(os.path.join(place, "recipe.yaml"), "w", encoding="utf-8") as f:
        f.write(f"name: {name}\nmodel: {{folder: {model}}}\nstages:\n  - sft: {{{keys}, steps: 12, batch: 2, learning_rate: 0.01}}\n")
    store = os.path.join(place, "s.sqlite")
    run(os.path.join(os.path.dirname(program), "prep"), "import", os.path.join(place, "pairs.jsonl"), "--store", store)
    run(program, "train", os.path.join(place, "recipe.yaml"), "--store", store, "--quiet")
    models = os.path.join(store + ".files", "models")
    saved = [os.path.join(models, d) for d in os.listdir(models) if os.path.exists(os.path.join(models, d, "adapter_config.json"))]
    assert len(saved) == 1, saved
    texts = os.path.join(place, "texts.jsonl")
    with open(texts, "w", encoding="utf-8") as f:
        for question, answer in PAIRS: f.write(json.dumps({"text": question + " " + answer}) + "\n")
    scores = [json.loads(line) for line in run(program, "score", model, texts, "--adapter", saved[0], "--store", store).splitlines()]
    plain = [json.loads(line) for line in run(program, "score", model, texts, "--store", store).splitlines()]
    base = LlamaForCausalLM.from_pretrained(model, dtype=torch.float32, attn_implementation="eager")
    opened = peft.PeftModel.from_pretrained(base, saved[0]).eval()
    worst = moved = 0.0
    for score, before in zip(scores, plain):
        ids = torch.tensor(score["tokens"])
        with torch.no_grad(): logp = torch.log_softmax(opened(ids[None]).logits[0, -len(ids):], -1)
        theirs = logp[:-1].gather(1, ids[1:, None])[:, 0]
        ours = torch.tensor(score["log_probabilities"])
        worst = max(worst, float((ours - theirs).abs().max()))
        moved = max(moved, float((ours - torch.tensor(before["log_probabilities"])).abs().max()))
    print(f"{name:18} differs by at most {worst:.1e} (training moved log-probabilities by up to {moved:.2f})")
    return worst < 1e-4 and moved > 0.01


def main(program, folder):
    good = [check(os.path.abspath(program), folder, name, keys) for name, keys in CASES.items()]
    sys.exit(0 if all(good) else "PEFT and rlhf differ")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        main(sys.argv[1], sys.argv[2])
    else:
        with tempfile.TemporaryDirectory() as scratch: main(sys.argv[1], scratch)
