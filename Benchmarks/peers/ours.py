"""Our side of a comparison: LoRA SFT through the command line, as a user would start it, and its figures from the store."""
import json, os, sqlite3, subprocess, tempfile

RECIPE = """name: peers
seed: 1
store: {folder}/store.sqlite
model:
  folder: {model}
stages:
  - sft: {settings}
"""


def call(command):
    """Run to the end; returns standard output and peak memory in MB. Its messages are shown when it fails."""
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=messages)
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            messages.seek(0)
            raise SystemExit(f"{' '.join(command)}\n{messages.read().decode()}\nended with status {process.returncode}")
    return output, usage.ru_maxrss / 1024


def sft(release, model, rows, **settings):
    """Train and return {loss: [...], tokens_per_s, s_per_step, peak_mb}. `rows` is a JSON-lines file."""
    defaults = {"method": "lora", "lora": {"rank": 16, "alpha": 32}, "batch": 8, "maximum_length": 512, "learning_rate": 1e-4,
                "schedule": "constant", "warmup": 0, "evaluate_every": 0, "checkpoint_every": 1000}
    with tempfile.TemporaryDirectory() as folder:
        store, recipe = os.path.join(folder, "store.sqlite"), os.path.join(folder, "peers.yaml")
        with open(recipe, "w", encoding="utf-8") as f:
            f.write(RECIPE.format(folder=folder, model=os.path.abspath(model), settings=json.dumps(defaults | settings)))
        call([os.path.join(release, "prep"), "import", rows, "--store", store, "--quiet"])
        _, peak = call([os.path.join(release, "rlhf"), "train", recipe, "--store", store, "--quiet"])
        database = sqlite3.connect(store)
        metric = lambda name: [v for v, in database.execute("SELECT value FROM metric WHERE name = ? ORDER BY step", (name,))]
        seconds = metric("seconds")
        return {"loss": metric("loss"), "tokens_per_s": sum(metric("total_tokens")) / sum(seconds), "s_per_step": sum(seconds) / len(seconds),
                "peak_mb": peak}
