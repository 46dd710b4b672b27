"""llm.c's train_gpt2 (GPT-2 124M, 4 x 64 tokens, all weights, OpenMP). usage: llmc.py LLMC STEPS     LLMC: its source folder

Its checkpoint and tokens are made here, with random numbers, in the format that train_gpt2.c and llmc/dataloader.h read:
a speed figure only. Prints RESULT with the seconds of each step.
"""
import array, json, os, random, re, resource, signal, statistics, subprocess, sys

LAYERS, HEADS, WIDTH, CONTEXT, VOCABULARY, PADDED = 12, 12, 768, 1024, 50257, 50304


def write_checkpoint(path):
    """Header of 256 numbers, then 16 tensors in a row: embeddings, then each kind of weight for all layers, then the last norm."""
    shapes = [PADDED * WIDTH, CONTEXT * WIDTH] + [LAYERS * n for n in (
        WIDTH, WIDTH, 3 * WIDTH * WIDTH, 3 * WIDTH, WIDTH * WIDTH, WIDTH, WIDTH, WIDTH, 4 * WIDTH * WIDTH, 4 * WIDTH, 4 * WIDTH * WIDTH, WIDTH)] + [WIDTH, WIDTH]
    ones = {2, 8, 14}  # weights of the norms
    some = array.array("f", (random.Random(1).gauss(0, 0.02) for _ in range(1 << 16)))
    with open(path, "wb") as f:
        array.array("i", [20240326, 3, CONTEXT, VOCABULARY, LAYERS, HEADS, WIDTH, PADDED] + [0] * 248).tofile(f)
        for index, count in enumerate(shapes):
            while count > 0:
                part = min(count, len(some))
                (array.array("f", [1.0]) * part if index in ones else some[:part]).tofile(f)
                count -= part


def write_tokens(path, count=1 << 14):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    r = random.Random(2)
    with open(path, "wb") as f:
        array.array("i", [20240520, 1, count] + [0] * 253).tofile(f)
        array.array("H", (r.randrange(VOCABULARY) for _ in range(count))).tofile(f)


def prepare(folder):
    if not os.path.exists(os.path.join(folder, "train_gpt2")):
        subprocess.run(["make", "-C", folder, "train_gpt2", "CC=gcc"], check=True, stdout=sys.stderr)
    if not os.path.exists(os.path.join(folder, "gpt2_124M.bin")): write_checkpoint(os.path.join(folder, "gpt2_124M.bin"))
    for part in ("train", "val"):
        path = os.path.join(folder, f"dev/data/tinyshakespeare/tiny_shakespeare_{part}.bin")
        if not os.path.exists(path): write_tokens(path)


def main(folder, steps):
    prepare(folder)
    threads = os.environ.get("THREADS", str(os.cpu_count() or 2))
    process = subprocess.Popen(["stdbuf", "-oL", "./train_gpt2"], cwd=folder, stdout=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": threads})
    seconds = []
    for line in process.stdout:
        found = re.match(r"step \d+: train loss \S+ \(took ([\d.]+) ms\)", line)
        if found: seconds.append(float(found[1]) / 1000)
        if len(seconds) == steps: break
    process.send_signal(signal.SIGTERM); process.wait()
    if not seconds: raise SystemExit("train_gpt2 ended without a step")
    middle = statistics.median(seconds)
    print("RESULT " + json.dumps({"work": "llm.c", "s_per_step": middle, "tokens_per_s": 256 / middle,
                                  "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
