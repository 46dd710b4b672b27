"""The works of a comparison: what is run, which figures count, and what the ratio of medians should be.

A side is a function without arguments that returns {figure: number}. The bars are the project's own.
"""
import dataclasses, json, os, statistics, subprocess, sys, time
import ours, rows


@dataclasses.dataclass
class Ratio:
    """One side's median over another's, or the median itself where `under` is None; `bar` is the least it should be or,
    with `most`, the most."""
    key: str
    over: str
    under: str | None
    bar: float
    most: bool = False


@dataclasses.dataclass
class Work:
    title: str
    sides: dict
    units: dict
    ratios: list
    note: str = ""


US = "Touchstone"
PRECISION = {US: "highest", f"{US}, high": "high", f"{US}, medium": "medium"}
INTEGERS = '"high" and "medium" are `matmul_precision`: products in integers of 16 and of 8 bits.'
SPEED = {"tokens_per_s": "tokens/s", "peak_mb": "MB peak"}


def run_peer(command, environment={}):
    """A peer's script; its RESULT lines, merged."""
    run = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)
    results = [json.loads(line[7:]) for line in run.stdout.splitlines() if line.startswith("RESULT ")]
    if run.returncode or not results: raise SystemExit(f"{' '.join(command)}\n{run.stderr[-3000:]}\nended with status {run.returncode}")
    return results


class Works:
    """Everything that can be compared on one machine; `names` lists it."""

    names = ["sft", "dpo", "dpo-uncached", "ppo", "generate-1", "generate-32", "llamacpp", "llm-c", "startup", "threads", "contention", "flat", "qlora", "kernels"]

    def __init__(self, peers, work, release, steps, llmc=None):
        self.peers, self.work, self.steps, self.llmc = peers, work, steps, llmc
        self.ours = ours.Ours(release, os.path.join(work, "smol135"))
        self.here = os.path.dirname(os.path.abspath(__file__))

    def make(self, name):
        """The work, or a line that says why it cannot be run here."""
        return getattr(self, name.replace("-", "_"))()

    def script(self, environment, name, *arguments):
        return lambda: run_peer([os.path.join(self.peers, environment, "bin/python"), os.path.join(self.here, name), *map(str, arguments)])[0]

    def our_sft(self, file="sft.jsonl", arguments=(), environment={}, **settings):
        path = file if os.path.isabs(file) else os.path.join(self.work, file)
        stages = [("sft", ours.SUPERVISED | {"steps": self.steps} | settings)]
        return lambda: self.ours.train(stages, [path], arguments=arguments, environment=environment)["sft"]

    def against_trl(self, title, mine, theirs, note, bar, key="tokens_per_s", unit="tokens/s", peer="TRL", most_mb=None):
        """`mine` runs our side with a matmul_precision; all are shown, f32 first. `most_mb`: the bar for our memory, where
        it is not the peer's."""
        sides = {side: (lambda p=p: mine(p)) for side, p in PRECISION.items()}
        return Work(title, sides | {peer: theirs}, {key: unit, "peak_mb": "MB peak"},
                    [Ratio(key, side, peer, bar) for side in sides] + [Ratio("peak_mb", US, None if most_mb else peer, most_mb or 1, most=True)],
                    f"{note} {INTEGERS}")

    def sft(self):
        return self.against_trl("LoRA SFT of smol135, batch 8, up to 512 tokens, f32", lambda precision: self.our_sft(matmul_precision=precision)(),
                                self.script("now", "sft.py", self.work, self.steps),
                                f"{self.steps} steps over the same rows in the same order; real tokens over the time of the steps.", 6, most_mb=1200)

    def our_dpo(self, whole, precision):
        pairs = 4 * self.steps
        stages = [("dpo", {"judges": "imported", "lora": ours.LORA, "batch": 4, "maximum_length": 512, "steps": self.steps, "matmul_precision": precision} | ours.TRAINING)]
        found = self.ours.train(stages, [rows.first(self.work, "dpo", pairs)])["dpo"]
        return found | {"pairs_per_s": pairs / (found["stage_s"] if whole else found["s_per_step"] * self.steps)}

    def dpo(self):
        return self.against_trl("LoRA DPO, batch 4 pairs, f32, the reference computed before", lambda precision: self.our_dpo(False, precision),
                                self.script("now", "dpo.py", self.work, self.steps, "precompute"),
                                f"{self.steps} steps over the same {4 * self.steps} pairs, time of the steps alone on both sides.", 8, "pairs_per_s", "pairs/s")

    def dpo_uncached(self):
        return self.against_trl("LoRA DPO, batch 4 pairs, f32, the reference's time included", lambda precision: self.our_dpo(True, precision),
                                self.script("now", "dpo.py", self.work, self.steps),
                                "Ours counts the whole stage, from opening the model to saving the adapter; TRL's counts its steps.", 6, "pairs_per_s", "pairs/s")

    def ppo(self):
        if not os.path.exists(os.path.join(self.work, "ppo.jsonl")):
            subprocess.run([os.path.join(self.peers, "now/bin/python"), os.path.join(self.here, "rows.py"), self.work, "64"], check=True)
        common = {"lora": ours.LORA} | {k: v for k, v in ours.TRAINING.items() if k != "evaluate_every"}
        judge = {"judges": "imported", "batch": 1, "steps": 1, "evaluate_every": 0} | common
        settings = {"batch": 8, "steps": 2, "updates": 4, "minibatches": 1, "sampling": {"maximum_tokens": 48, "temperature": 0.7}} | common | {"learning_rate": 3e-6}

        def mine(precision):
            value = "adapter" if precision == "highest" else "head"
            stages = [("reward", judge), ("ppo", settings | {"matmul_precision": precision, "value_model": value})]
            found = self.ours.train(stages, [os.path.join(self.work, "ppo.jsonl"), rows.pairs(self.work, "ppo")])["ppo"]
            return found | {"episodes_per_s": 8 / found["s_per_step"]}
        return self.against_trl("PPO, 8 episodes of 64 + 48 tokens a step, 4 epochs, LoRA, f32", mine, self.script("ppo", "ppo.py", self.work, 8, 48),
                                "Two steps. TRL 0.24, the last with PPO; its value and reward models are second and third full models, ours adapters over the one base. With high and medium, values are read from the policy (`value_model: head`).",
                                6, "episodes_per_s", "episodes/s", "TRL 0.24", most_mb=1900)

    def generate(self, batch):
        def mine(precision):
            measured = self.ours.bench("decoding" if batch == 1 else "batch", 64, 49, batch, arguments=("--matmul-precision", precision))
            return {"tokens_per_s": next(iter(measured.values()))}
        sides = {side: (lambda p=p: mine(p)) for side, p in PRECISION.items() if p != "high"}  # which generates in f32
        return Work(f"Sampling, {batch} at a time, f32", sides | {"transformers": self.script("now", "generate.py", self.work, batch, 49)}, {"tokens_per_s": "tokens/s"},
                    [Ratio("tokens_per_s", side, "transformers", 8 if batch == 32 else 1) for side in sides],
                    '48 tokens after prompts of 64, reading them not counted. "medium" is `matmul_precision`: products in integers of 8 bits, logits of 16.')

    def generate_1(self): return self.generate(1)
    def generate_32(self): return self.generate(32)

    def llamacpp(self):
        formats = {"f32": None}
        if self.ours.knows("--weights", "rlhf", "bench", "--help"): formats |= {"f16": "bf16", "q8_0": "int8", "q4_0": "nf4"}

        def mine():
            found = {}
            for theirs, weights in formats.items():
                found[f"read {theirs}"] = self.ours.bench("reading", 256, 2, weights=weights)["reading"]
                found[f"decode {theirs}"] = self.ours.bench("decoding", 64, 65, weights=weights)["decoding"]
            return found

        def theirs():
            results = run_peer([os.path.join(self.peers, "llamacpp/bin/python"), os.path.join(self.here, "llamacpp.py"), self.work])
            return {f"{name} {r['format']}": r[key] for r in results for name, key in (("read", "prompt_tokens_per_s"), ("decode", "decode_tokens_per_s"))}
        keys = [f"{what} {f}" for f in ("f32", "f16", "q8_0", "q4_0") for what in ("decode", "read")]
        return Work("One stream against llama.cpp", {US: mine, "llama.cpp": theirs}, {k: "tokens/s" for k in keys},
                    [Ratio(k, US, "llama.cpp", 1) for k in keys if k.split()[1] in formats],
                    "64 tokens after 64, and a prompt of 256. Ours samples each token from the whole vocabulary, llama.cpp's figure leaves sampling out. "
                    "Formats are set against their nearest: " + ", ".join(f"{t} and {w or t}" for t, w in formats.items()) + ".")

    def llm_c(self):
        if not self.llmc: return "name its source folder: make bench-peers LLMC=DIR"
        def mine(precision):
            stages = [("pretrain", {"window": 64, "batch": 4, "steps": self.steps, "matmul_precision": precision} | ours.TRAINING)]
            found = self.ours.train(stages, documents=[rows.text(self.work)])["pretrain"]
            return found | {"s_per_step": found["median_step_s"], "tokens_per_s": 4 * 64 / found["median_step_s"]}

        sides = {side: (lambda p=p: mine(p)) for side, p in PRECISION.items()}
        return Work("Training all weights, 4 x 64 tokens, against llm.c", sides | {"llm.c": lambda: run_peer([sys.executable, os.path.join(self.here, "llmc.py"), self.llmc, str(self.steps)])[0]},
                    SPEED | {"s_per_step": "s/step"}, [Ratio("tokens_per_s", side, "llm.c", 8) for side in sides] + [Ratio("peak_mb", US, "llm.c", 1, most=True)],
                    "The median step on both sides. Not the same model: ours is smol135 with 135M weights, theirs GPT-2 with 124M; both have random weights.")

    def startup(self):
        def milliseconds(command):
            times = []
            for _ in range(21):
                start = time.perf_counter(); subprocess.run(command, stdout=subprocess.DEVNULL, check=True); times.append(time.perf_counter() - start)
            return {"ms": 1000 * statistics.median(times)}
        mine = {name: (lambda name=name: milliseconds(self.ours.command(name, "--help"))) for name in ("prep", "rlhf")}
        return Work("Start-up: --help", mine | {"an empty Python": lambda: milliseconds([os.path.join(self.peers, "now/bin/python"), "-c", ""])}, {"ms": "ms"}, [],
                    "The median of 21 starts a turn; the bar is 15 ms.")

    def threads(self):
        sides = {f"{n} thread" + "s" * (n > 1): self.our_sft(arguments=["--threads", str(n)]) for n in (1, 2)}
        return Work("LoRA SFT on one thread and on two", sides, SPEED, [Ratio("tokens_per_s", "2 threads", "1 thread", 1.8)])

    def contention(self):
        def busy():
            other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            try: return self.our_sft()()
            finally: other.kill(); other.wait()
        return Work("LoRA SFT while another program keeps one core busy", {"free": self.our_sft(), "one core busy": busy}, SPEED,
                    [Ratio("tokens_per_s", "one core busy", "free", 0.45)], "With two cores, half of the rate is what is left if the other program gets its whole core.")

    def flat(self):
        sides = {f"{n:,} rows": (lambda n=n: self.our_sft(rows.many(self.work, n))()) for n in (1000, 100_000)}
        return Work("LoRA SFT over few and over many rows", sides, SPEED,
                    [Ratio("tokens_per_s", "100,000 rows", "1,000 rows", 0.95), Ratio("peak_mb", "100,000 rows", "1,000 rows", 1.05, most=True)], f"{self.steps} steps over short rows of one length.")

    def qlora(self):
        if not self.ours.knows("nf4", "rlhf", "recipes", "--schema"): return "this build has no nf4 weights"
        return Work("LoRA SFT over an nf4 base", {"f32": self.our_sft(), "nf4": self.our_sft(weights="nf4")}, SPEED,
                    [Ratio("tokens_per_s", "nf4", "f32", 0.8), Ratio("peak_mb", "nf4", "f32", 1, most=True)])

    def kernels(self):
        sides = {"best": self.our_sft()} | {level: self.our_sft(environment={"TOUCHSTONE_KERNELS": level}) for level in ("avx2", "portable")}
        return Work("LoRA SFT with each level of kernels", sides, SPEED, [Ratio("tokens_per_s", "best", level, 1) for level in ("avx2", "portable")])
