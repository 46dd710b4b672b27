"""Our side of a comparison: recipes and `rlhf bench` through the command line, as a user would start them, and the figures
that the store keeps."""
import json, os, sqlite3, statistics, subprocess, tempfile

LORA = {"rank": 16, "alpha": 32}
TRAINING = {"evaluate_every": 0, "checkpoint_every": 1000, "schedule": "constant", "warmup": 0, "learning_rate": 1e-4}
SUPERVISED = {"method": "lora", "lora": LORA, "batch": 8, "maximum_length": 512, "shuffle": False} | TRAINING


def call(command, environment={}):
    """Run to the end; returns standard output and peak memory in MB. Its messages are shown when it fails."""
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=messages, env=os.environ | environment)
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            messages.seek(0)
            raise SystemExit(f"{' '.join(command)}\n{messages.read().decode()}\nended with status {process.returncode}")
    return output, usage.ru_maxrss / 1024


class Ours:
    """Our binaries on one model."""

    def __init__(self, release, model):
        self.release, self.model = release, os.path.abspath(model)

    def command(self, program, *arguments):
        return [os.path.join(self.release, program), *arguments]

    def train(self, stages, imports=(), documents=(), arguments=(), environment={}):
        """Run a recipe over a new store. `stages` is a list of (kind, settings). Returns {kind: figures}."""
        with tempfile.TemporaryDirectory() as folder:
            store, recipe = os.path.join(folder, "store.sqlite"), os.path.join(folder, "peers.yaml")
            with open(recipe, "w", encoding="utf-8") as f:  # JSON is YAML
                json.dump({"name": "peers", "seed": 1, "store": store, "model": {"folder": self.model}, "stages": [{k: s} for k, s in stages]}, f)
            for verb, files in (("import", imports), ("ingest", documents)):
                if files: call(self.command("prep", verb, *files, "--store", store, "--quiet"))
            _, peak = call(self.command("rlhf", "train", recipe, "--store", store, "--quiet", *arguments), environment)
            return {kind: figures(store, kind) | {"peak_mb": peak} for kind, _ in stages}

    def bench(self, only, prompt, new, batch=1, weights=None, arguments=()):
        """`rlhf bench` with a pass for each token, as the peers do: {work: tokens per second}."""
        kept = ["--weights", weights] if weights else []
        out, _ = call(self.command("rlhf", "bench", self.model, "--no-lookahead", "--only", only, "--prompt-tokens", str(prompt), "--new-tokens", str(new),
                                   "--batch", str(batch), "--repeats", "1", "--json", "--quiet", *kept, *arguments))
        return {m["work"]: m["tokens_per_second"] for m in json.loads(out)["measurements"]}

    def knows(self, word, *arguments):
        """Whether a command's help mentions something."""
        return word in call(self.command(*arguments))[0]


def figures(store, stage):
    """What a stage's steps measured; `stage_s` counts all of the stage, what comes before and after its steps included."""
    database = sqlite3.connect(store)
    metric = lambda name: [v for v, in database.execute(
        "SELECT value FROM metric JOIN run ON run.id = metric.run WHERE run.stage = ? AND name = ? ORDER BY step", (stage, name))]
    seconds = metric("seconds")
    whole = database.execute("SELECT (julianday(ended) - julianday(started)) * 86400 FROM run WHERE stage = ?", (stage,)).fetchone()
    return {"loss": metric("loss"), "tokens_per_s": sum(metric("total_tokens")) / sum(seconds), "steps": len(seconds),
            "s_per_step": sum(seconds) / len(seconds), "median_step_s": statistics.median(seconds), "stage_s": whole and whole[0]}


def sft(release, model, rows, **settings):
    """LoRA SFT over a JSON-lines file: {loss: [...], tokens_per_s, s_per_step, peak_mb}."""
    return Ours(release, model).train([("sft", SUPERVISED | settings)], [rows])["sft"]
