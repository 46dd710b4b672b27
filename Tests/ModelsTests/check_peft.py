"""Adapters in PEFT's layout say in PEFT what they say here.

usage: python check_peft.py RLHF [BASE ADAPTER [BASE ADAPTER]...]     RLHF: our binary
in an environment with torch 2.13.0, transformers 5.23.0, peft 0.21.2

Each adapter folder is opened by PEFT over its base and by `rlhf score`; log-probabilities of a few prompts must agree
within 1e-4. Without folders: Fixtures/tiny-lora over Fixtures/tiny as `rlhf export --format peft` writes it, two
adapters that `rlhf combine` puts together, and the merged model that `rlhf export` writes, in transformers. Ends with
status 1 when a bar is missed.
"""
import json, os, subprocess, sys, tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")
import peft, torch, transformers

HERE = os.path.dirname(os.path.abspath(__file__))
PROMPTS = ["The user asks and the assistant answers the question.", "模型读提示，然后写出回答。", "a b 1234\n\n\tc", "What is LoRA?"]
BAR = 1e-4
failed = []


def rlhf(*arguments, **options):
    done = subprocess.run([RLHF, *arguments], capture_output=True, text=True, **options)
    if done.returncode: sys.exit(f"rlhf {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def ours(base, adapter=None):
    lines = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in PROMPTS)
    over = ["--adapter", adapter] if adapter else []
    return [json.loads(line) for line in rlhf("score", base, "-", *over, input=lines).splitlines()]


@torch.no_grad()
def compare(name, base, adapter=None):
    model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    plain, largest, moved = model, 0.0, 0.0
    if adapter: model = peft.PeftModel.from_pretrained(model, adapter)
    for line in ours(base, adapter):
        ids = torch.tensor([line["tokens"]])
        # Virtual tokens before the text have logits too.
        logp = torch.log_softmax(model.eval()(ids).logits[0, -ids.shape[1]:].double(), -1)[:-1]
        theirs = logp.gather(1, ids[0, 1:, None])[:, 0]
        largest = max(largest, float((theirs - torch.tensor(line["log_probabilities"], dtype=torch.float64)).abs().max()))
        if adapter:
            with model.disable_adapter(): off = torch.log_softmax(plain(ids).logits[0].double(), -1)[:-1]
            moved = max(moved, float((off - logp).abs().max()))
    # An adapter that changes nothing would agree with anything.
    holds = largest < BAR and (adapter is None or moved > 10 * BAR)
    text = f"largest difference of log-probabilities {largest:.1e}" + (f"; the adapter moves them by {moved:.1e}" if adapter else "")
    print(f"{'ok    ' if holds else 'MISSED'} {name}: {text}", flush=True)
    if not holds: failed.append(name)


def fixtures(temporary):
    place = lambda name: os.path.join(temporary, name)
    fixture = lambda *names: os.path.join(HERE, "Fixtures", *names)
    base = fixture("tiny")
    rlhf("export", base, "--adapter", fixture("tiny-lora"), "--format", "peft", "-o", place("adapter"))
    saved = json.load(open(os.path.join(place("adapter"), "adapter_config.json")))
    assert saved["base_model_name_or_path"] == base, saved["base_model_name_or_path"]
    compare("export --format peft", base, place("adapter"))
    parts = [f"{fixture('sums', name)}={weight}" for name, weight in (("first", 0.7), ("second", -0.4))]
    for method in ("cat", "linear"):
        rlhf("combine", *parts, "--model", base, "--method", method, "-o", place(method))
        compare(f"combine --method {method}", base, place(method))
    rlhf("export", base, "--adapter", place("cat"), "-o", place("merged"))
    compare("export, merged", place("merged"))
    for kind in ("bf16", "f16"):
        rlhf("export", base, "--type", kind, "-o", place(kind))
        model = transformers.AutoModelForCausalLM.from_pretrained(place(kind))
        holds = model.dtype == {"bf16": torch.bfloat16, "f16": torch.float16}[kind]
        print(f"{'ok    ' if holds else 'MISSED'} export --type {kind}: opens as {model.dtype}")
        if not holds: failed.append(kind)
        compare(f"export --type {kind}", place(kind))


if __name__ == "__main__":
    RLHF = os.path.abspath(sys.argv[1])
    folders = sys.argv[2:]
    with tempfile.TemporaryDirectory() as temporary:
        for base, adapter in zip(folders[::2], folders[1::2]): compare(adapter, base, adapter)
        if not folders: fixtures(temporary)
    print(f"{len(failed)} bars missed" if failed else "all bars held")
    sys.exit(1 if failed else 0)
