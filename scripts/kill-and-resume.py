#!/usr/bin/env python3
"""Kill `rlhf train` with SIGKILL again and again and hold the end to an uninterrupted run: same table, same weights.

usage: scripts/kill-and-resume.py [RLHF] [KILLS]     (defaults: .build/release/rlhf, at least 20 kills)
"""
import pathlib, random, sqlite3, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RLHF = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".build/release/rlhf").resolve())
WANTED = int(sys.argv[2]) if len(sys.argv) > 2 else 20
RECIPE = f"""
name: kill
seed: 5
model: {{new: {{preset: tiny, tokenizer: {{vocabulary_size: 600}}}}}}
defaults: {{lora: {{rank: 4, alpha: 8}}, sampling: {{maximum_tokens: 24}}, checkpoint_every: 3}}
stages:
  - ingest: {{paths: {ROOT}/pipelines/demo/documents}}
  - pairs: {{identity: {{name: Touchstone, author: the Touchstone contributors}}, split: {{validation: 0.1, test: 0.1}}}}
  - pretrain: {{steps: 30, window: 128, batch: 4}}
  - sft: {{method: full, steps: 40, batch: 8}}
  - sample: {{splits: [train, validation, test], prompts: 60, answers: 3, comparisons: 2, batch: 16}}
  - label: {{by: rule}}
  - reward: {{steps: 15, batch: 8}}
  - dpo: {{steps: 15, batch: 8}}
  - ppo: {{steps: 8, batch: 8, updates: 2}}
  - eval: {{prompts: 40}}
"""
COMPARED = {
    "weights": "SELECT name, kind, hash FROM model ORDER BY name, hash",
    "curves": """SELECT r.stage, m.name, m.step, m.value FROM metric AS m JOIN run AS r ON r.id = m.run
      WHERE m.name IN ('loss', 'reward', 'kl', 'gradient_norm') OR r.stage = 'eval' ORDER BY 1, 2, 3""",
    "steps": "SELECT r.stage, count(*) FROM step AS s JOIN run AS r ON r.id = s.run GROUP BY 1 ORDER BY 1",
    "rollouts": "SELECT step, text, reward, kl FROM rollout ORDER BY 1, 2, 3",
    "completions": "SELECT count(*) FROM completion",
    "judgements": "SELECT verdict, count(*) FROM judgement GROUP BY 1 ORDER BY 1",
    "runs": "SELECT stage, count(*) FROM run GROUP BY 1 ORDER BY 1",
}


def train(folder, store, limit=None):
    """The exit code; None when killed after `limit` seconds."""
    with open(folder / (store + ".txt"), "w") as output, open(folder / (store + ".err"), "w") as errors:
        process = subprocess.Popen(
            [RLHF, "train", "kill.yaml", "--store", store], cwd=folder, stdout=output, stderr=errors)
        try:
            return process.wait(timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None


def main():
    random.seed(1)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "kill.yaml").write_text(RECIPE)
        start = time.time()
        if train(folder, "whole.sqlite") != 0:
            sys.exit((folder / "whole.sqlite.err").read_text())
        whole = time.time() - start
        kills, code, places = 0, None, {}
        # Pauses grow, so that even a slow machine gets through its longest step.
        while code is None:
            limit = random.uniform(0.02, 0.15) * whole * (1 + kills / (4 * WANTED))
            code = train(folder, "killed.sqlite", limit)
            if code is None:
                kills += 1
                last = (folder / "killed.sqlite.err").read_text().split("\n")[-2:][0].split(" ")[0]
                places[last] = places.get(last, 0) + 1
        print(f"{kills} kills in {places}; then exit code {code}")
        failed = code != 0
        if failed:
            print((folder / "killed.sqlite.err").read_text())
        first, second = (sqlite3.connect(folder / f"{name}.sqlite") for name in ("whole", "killed"))
        for what, query in COMPARED.items():
            same = first.execute(query).fetchall() == second.execute(query).fetchall()
            failed |= not same
            print(f"  {what}: {'the same' if same else 'DIFFERENT'}")
        tables = [(folder / f"{name}.sqlite.txt").read_text().split("Next:")[0] for name in ("whole", "killed")]
        failed |= tables[0] != tables[1]
        print(f"  printed result: {'the same' if tables[0] == tables[1] else 'DIFFERENT'}")
        sys.exit(1 if failed else 0)


main()
