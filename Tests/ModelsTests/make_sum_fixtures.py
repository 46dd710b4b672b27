"""Make Fixtures/sums: adapters over Fixtures/tiny and the sums that PEFT makes of them.

usage: python make_sum_fixtures.py [FOLDER]     (default: Fixtures/sums beside this file)

Made with Python 3.11, torch 2.13.0 (CPU), transformers 5.23.0, peft 0.21.2. Seeded, float32; nothing is downloaded.

first second third   adapters: r 4 alpha 8 on q, v, down; r 4 alpha 2 on q, k; r 2 alpha 6, rsLoRA, on v, up
cat      0.7 first - 0.4 second + 1.5 third
linear   0.7 first - 0.4 second
"""
import json, os, shutil, sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import peft, torch
from transformers import LlamaForCausalLM

PARTS = {
    "first": dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"]),
    "second": dict(r=4, lora_alpha=2, target_modules=["q_proj", "k_proj"]),
    "third": dict(r=2, lora_alpha=6, target_modules=["v_proj", "up_proj"], use_rslora=True),
}


def main(folder):
    here = os.path.dirname(os.path.abspath(__file__))
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    base = LlamaForCausalLM.from_pretrained(os.path.join(here, "Fixtures", "tiny"), dtype=torch.float32)
    model = None
    for name, settings in PARTS.items():
        config = peft.LoraConfig(task_type="CAUSAL_LM", **settings)
        if model is None: model = peft.get_peft_model(base, config, adapter_name=name)
        else: model.add_adapter(name, config)
    torch.manual_seed(21)
    for name, p in model.named_parameters():
        if "lora_" in name: torch.nn.init.normal_(p, 0.0, 0.2)
    model.add_weighted_adapter(list(PARTS), [0.7, -0.4, 1.5], "cat", combination_type="cat")
    model.add_weighted_adapter(["first", "second"], [0.7, -0.4], "linear", combination_type="linear")
    for name in [*PARTS, "cat", "linear"]:
        config = model.peft_config[name]
        config.base_model_name_or_path = "tiny"
        model.save_pretrained(folder, selected_adapters=[name])
        os.remove(os.path.join(folder, "README.md"))
        path = os.path.join(folder, name, "adapter_config.json")
        with open(path) as f: saved = json.load(f)
        saved["target_modules"].sort()
        with open(path, "w") as f: json.dump(saved, f, indent=1)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures", "sums"))
