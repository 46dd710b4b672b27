"""Ours and TRL on the same work in turns: LoRA SFT of smol135, tokens per second and peak memory.

usage: compare.py PYTHON WORK RELEASE [STEPS] [TURNS]     PYTHON: that of the peers' environment; WORK: the folder that
make_workload.py filled; RELEASE: the folder of our binaries. Prints one line for each run and the ratio of medians.
"""
import json, os, statistics, subprocess, sys
import ours

python, work, release = sys.argv[1:4]
steps, turns = (int(sys.argv[i]) if len(sys.argv) > i else default for i, default in ((4, 4), (5, 2)))
here = os.path.dirname(os.path.abspath(__file__))


def trl():
    out = subprocess.run([python, os.path.join(here, "sft.py"), work, str(steps)], capture_output=True, text=True, check=True)
    return json.loads(next(line for line in out.stdout.splitlines() if line.startswith("RESULT "))[7:])


def touchstone():
    return ours.sft(release, os.path.join(work, "smol135"), os.path.join(work, "sft.jsonl"), steps=steps)


runs = {"touchstone": [], "trl": []}
for _ in range(turns):
    for name, run in (("touchstone", touchstone), ("trl", trl)):
        figures = run()
        runs[name].append(figures)
        print(f"{name:11} {figures['tokens_per_s']:8.1f} tokens/s  {figures['s_per_step']:7.2f} s/step  {figures['peak_mb']:8.0f} MB peak", flush=True)
median = lambda name, key: statistics.median(r[key] for r in runs[name])
speed = median("touchstone", "tokens_per_s") / median("trl", "tokens_per_s")
memory = median("touchstone", "peak_mb") / median("trl", "peak_mb")
print(f"ratio: {speed:.2f}x the tokens/s, {memory:.2f}x the peak memory")
print("RESULT " + json.dumps({"work": "sft-ratio", "tokens_per_s": speed, "peak_memory": memory, "runs": runs}))
