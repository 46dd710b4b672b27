"""Make the QLoRA fixtures of TrainingTests: 20 steps of a LoRA over NF4 weights, by transformers, bitsandbytes and PEFT.

usage: python make_qlora_fixtures.py [FOLDER]     (default: Fixtures/qlora beside this file)

Made with Python 3.11, torch 2.13.0 (CPU), transformers 5.23.0, bitsandbytes 0.50.2, peft 0.21.2. Arithmetic is f32, everything is
seeded, nothing is downloaded. Batches are rows in order; the loss is the mean over the targets of a batch.

base/        the model of ModelsTests/make_rounded_fixtures.py with two layers, saved in NF4 with double quantisation
adapter/     the adapter that training starts from, rank 4 on all linear layers, A and B random
steps.json   rows, settings, and loss and gradient norm of 20 steps of AdamW, gradients clipped at norm 1
final.safetensors   the adapter after them
"""
import importlib.util, json, os, shutil, sys, tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")
here = os.path.dirname(os.path.abspath(__file__))
import peft, safetensors.torch, torch

spec = importlib.util.spec_from_file_location(
    "rounded", os.path.join(os.path.dirname(here), "ModelsTests", "make_rounded_fixtures.py"))
rounded = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rounded)
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
SETTINGS = {"learning_rate": 5e-3, "weight_decay": 0.0, "adam_beta1": 0.9, "adam_beta2": 0.999, "adam_epsilon": 1e-8,
            "max_grad_norm": 1.0, "batch_size": 4, "steps": 20}


def make_rows(count=8):
    numbers = torch.Generator().manual_seed(5)
    rows = []
    for _ in range(count):
        length = int(torch.randint(8, 15, (1,), generator=numbers))
        ids = [1] + torch.randint(3, 96, (length - 2,), generator=numbers).tolist() + [2]
        rows.append({"ids": ids, "targets": list(range(int(torch.randint(2, 6, (1,), generator=numbers)), length))})
    return rows


def loss_of(model, batch):
    total = torch.zeros(())
    for row in batch:
        logits = model(input_ids=torch.tensor([row["ids"]])).logits[0].float()
        places = torch.tensor(row["targets"])
        total = total + torch.nn.functional.cross_entropy(logits[places - 1], torch.tensor(row["ids"])[places], reduction="sum")
    return total / sum(len(row["targets"]) for row in batch)


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    path = lambda name: os.path.join(folder, name)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        rounded.save(rounded.make_dense(41, layers=2), scratch)
        rounded.save(rounded.rounded(scratch, True), path("base"))
        model = rounded.rounded(scratch, True)
    settings = peft.LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=LINEAR, task_type="CAUSAL_LM")
    model = peft.get_peft_model(model, settings)
    torch.manual_seed(6)
    for name, weight in model.named_parameters():
        if "lora_" in name: torch.nn.init.normal_(weight, 0.0, 0.05)
    model.save_pretrained(path("adapter"))
    with open(os.path.join(path("adapter"), "adapter_config.json")) as file: config = json.load(file)
    config["base_model_name_or_path"] = None  # a scratch folder
    with open(os.path.join(path("adapter"), "adapter_config.json"), "w") as file: json.dump(config, file, indent=2)
    os.remove(os.path.join(path("adapter"), "README.md"))
    s, rows = SETTINGS, make_rows()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    assert all(weight.dtype == torch.float32 for weight in trained)
    optimizer = torch.optim.AdamW(trained, lr=s["learning_rate"], betas=(s["adam_beta1"], s["adam_beta2"]), eps=s["adam_epsilon"],
                                  weight_decay=s["weight_decay"])
    losses, norms = [], []
    model.train()
    for step in range(s["steps"]):
        batch = [rows[(step * s["batch_size"] + i) % len(rows)] for i in range(s["batch_size"])]
        optimizer.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(trained, s["max_grad_norm"])))
        optimizer.step()
        losses.append(loss.item())
    with open(path("steps.json"), "w") as file:
        json.dump({"settings": s, "rows": rows, "loss": losses, "grad_norm": norms}, file, indent=1)
    safetensors.torch.save_file({k: v.contiguous() for k, v in peft.get_peft_model_state_dict(model).items()}, path("final.safetensors"))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "Fixtures", "qlora"))
