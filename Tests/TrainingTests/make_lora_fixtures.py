"""Make the fixtures of LoRAParityTests: twenty steps of each member of PEFT's LoRA family on the tiny model.

usage: python make_lora_fixtures.py [FOLDER]     (default: the Fixtures/lora folder beside this file, which make_fixtures.py empties)

Made with Python 3.11, torch 2.13.0 (CPU), transformers 5.23.0, peft 0.21.2, safetensors. Everything is float32 and
seeded, and nothing is downloaded. Another version of torch may change last digits.

The model is Fixtures/tiny of make_fixtures.py. Each case is a folder with the adapter that training starts from
(adapter_config.json, adapter_model.safetensors) and final.safetensors, the adapter after 20 steps of AdamW (learning rate
5e-3, no decay, gradients clipped at norm 1) on fixed batches of four rows; the loss is the mean over the target tokens.

lora rslora pattern          A and B random
dora                         B zero: the magnitudes are the norms of W's rows
dora-random                  DoRA from a random B, so that the norms matter from the first step
plus                         LoRA+, B's learning rate 16 times A's, by PEFT's create_loraplus_optimizer
pissa                        init_lora_weights="pissa"; converted/ is the same after training as PEFT converts it
lora.json                    rows, batches, and each case's losses and gradient norms; log-probabilities of one row after
                             training, which checks what a folder computes once it is opened
"""
import importlib.util, json, os, shutil, sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
here = os.path.dirname(os.path.abspath(__file__))
import peft, safetensors.torch, torch
from peft.optimizers import create_loraplus_optimizer
from transformers import LlamaForCausalLM

spec = importlib.util.spec_from_file_location("tiny", os.path.join(os.path.dirname(here), "ModelsTests", "make_fixtures.py"))
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)  # the same model and adapter writer as the fixtures of ModelsTests

STEPS, BATCH, RATE = 20, 4, 5e-3
BASIC = dict(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj", "o_proj", "down_proj"], task_type="CAUSAL_LM")
CASES = {
    "lora": dict(BASIC),
    "rslora": BASIC | dict(r=3, use_rslora=True),
    "dora": BASIC | dict(use_dora=True, target_modules=tiny.LINEAR),
    "dora-random": BASIC | dict(use_dora=True),
    "pattern": BASIC | dict(rank_pattern={"q_proj": 3, "layers.1.mlp.down_proj": 1}, alpha_pattern={"v_proj": 6},
                            target_modules=tiny.LINEAR, exclude_modules=["up_proj"]),
    "plus": dict(BASIC),
    "pissa": BASIC | dict(init_lora_weights="pissa"),
}
RATIO = 16


def base():
    return LlamaForCausalLM.from_pretrained(os.path.join(here, "Fixtures", "tiny"), dtype=torch.float32, attn_implementation="eager")


def make_rows():
    """Eight rows of made-up tokens; what follows the first five is to be learnt."""
    generator = torch.Generator().manual_seed(7)
    rows = []
    for n in range(8):
        ids = torch.randint(3, 300, (11 + n % 4,), generator=generator).tolist()
        rows.append({"ids": ids, "targets": list(range(5, len(ids)))})
    return rows


def log_probabilities(model, row):
    logp = torch.log_softmax(model(torch.tensor([row["ids"]])).logits[0], -1)
    targets = torch.tensor(row["targets"])
    return logp[targets - 1].gather(1, torch.tensor(row["ids"])[targets][:, None])[:, 0]


def start(name):
    """The adapted model before training, in evaluation mode: nothing is dropped."""
    torch.manual_seed(sorted(CASES).index(name))
    model = peft.get_peft_model(base(), peft.LoraConfig(**CASES[name]))
    for parameter, value in model.named_parameters():
        if name != "pissa" and ("lora_A" in parameter or "lora_B" in parameter and name != "dora"): torch.nn.init.normal_(value, 0.0, 0.1)
    return model.eval()


def optimizer(model, name):
    if name == "plus":
        return create_loraplus_optimizer(model, torch.optim.AdamW, lr=RATE, loraplus_lr_ratio=RATIO)
    return torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=RATE, weight_decay=0.0)


def train(model, name, rows):
    adam, losses, norms = optimizer(model, name), [], []
    trained = [p for p in model.parameters() if p.requires_grad]
    for step in range(STEPS):
        batch = [rows[(step * BATCH + i) % len(rows)] for i in range(BATCH)]
        adam.zero_grad()
        loss = -sum(log_probabilities(model, row).sum() for row in batch) / sum(len(row["targets"]) for row in batch)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(trained, 1.0)))
        adam.step()
        losses.append(float(loss.detach()))
    with torch.no_grad():
        return {"loss": losses, "grad_norm": norms, "logprobs": log_probabilities(model, rows[0]).tolist()}


def save(model, folder):
    tiny.save_adapter(model, folder)


def main(folder):
    shutil.rmtree(folder, ignore_errors=True); os.makedirs(folder)
    torch.use_deterministic_algorithms(True); torch.set_num_threads(1)
    rows = make_rows()
    result = {"settings": {"learning_rate": RATE, "weight_decay": 0.0, "adam_beta1": 0.9, "adam_beta2": 0.999, "adam_epsilon": 1e-8,
                           "max_grad_norm": 1.0, "batch_size": BATCH, "steps": STEPS}, "ratio": RATIO, "rows": rows, "cases": {}}
    for name in CASES:
        path = os.path.join(folder, name)
        model = start(name)
        save(model, path)
        result["cases"][name] = train(model, name, rows)
        state = {k: v.detach().clone().contiguous() for k, v in peft.get_peft_model_state_dict(model).items()}
        safetensors.torch.save_file(state, os.path.join(path, "final.safetensors"))
        if name == "pissa":
            # As PEFT converts it: the start of before training is read from its own folder and taken off.
            initial = os.path.join(folder, "initial")
            start(name).save_pretrained(initial)
            config = json.load(open(os.path.join(initial, "adapter_config.json")))
            config["init_lora_weights"] = True
            json.dump(config, open(os.path.join(initial, "adapter_config.json"), "w"))
            converted = os.path.join(path, "converted")
            model.peft_config["default"].base_model_name_or_path = "tiny"
            model.save_pretrained(converted, path_initial_model_for_weight_conversion=initial)
            shutil.rmtree(initial)
            os.remove(os.path.join(converted, "README.md"))
            file = os.path.join(converted, "adapter_config.json")
            config = json.load(open(file)); config["target_modules"].sort(); json.dump(config, open(file, "w"), indent=1)
            opened = peft.PeftModel.from_pretrained(base(), converted).eval()
            with torch.no_grad():
                difference = (log_probabilities(opened, rows[0]) - torch.tensor(result["cases"][name]["logprobs"])).abs().max()
            print(f"pissa: converted differs by {float(difference):.1e}")
    with open(os.path.join(folder, "lora.json"), "w", encoding="utf-8") as f:
        json.dump(result, f, indent=None, separators=(",", ":"))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "Fixtures", "lora"))
