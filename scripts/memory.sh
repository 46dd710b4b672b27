#!/usr/bin/env bash
# Peak memory of fine-tuning large shapes with random weights, against what docs/training.md promises.
# usage: scripts/memory.sh FOLDER     (5 GB of disk; some 10 minutes on two cores; needs GNU time)
set -euo pipefail
folder=${1:?name a folder for the models: scripts/memory.sh FOLDER}
root=$(cd "$(dirname "$0")/.." && pwd)
export PATH="$root/.build/release:$PATH"
tokenizer="$root/Tests/ModelsTests/Fixtures/tiny"
mkdir -p "$folder"
cd "$folder"

words="the model reads a prompt and writes an answer about weights tokens data training memory "
answer=$(for _ in $(seq 40); do printf '%s' "$words"; done)
for i in 1 2 3 4; do printf '{"prompt": "Write about number %d.", "completion": "%s"}\n' "$i" "$answer"; done > pairs.jsonl
missed=0

# measure NAME LIMIT_KB MODEL KEYS: one row of 512 tokens a step.
measure() {
  printf 'name: %s\nmodel: {folder: %s}\nstages:\n  - sft: {%s, maximum_length: 512, batch: 1, steps: 1, evaluate_every: 0}\n' \
    "$1" "$3" "$4" > "$1.yaml"
  rm -rf "$1.sqlite"*
  prep import pairs.jsonl --store "$1.sqlite" --quiet
  env time -f %M -o "$1.peak" rlhf train "$1.yaml" --store "$1.sqlite" --quiet
  local peak
  peak=$(cat "$1.peak")
  local verdict=ok
  if [ "$peak" -gt "$2" ]; then verdict=MISSED; missed=1; fi
  printf '%-7s %-12s %8d kB, at most %8d kB   %s\n' "$verdict" "$1" "$peak" "$2" "$4"
}

[ -e llama7b ] || rlhf init llama7b --config llama-7b --quantize nf4 --tokenizer "$tokenizer"
[ -e llama1b ] || rlhf init llama1b --config llama-1.1b --quantize nf4 --tokenizer "$tokenizer"
[ -e smol ] || rlhf init smol --config smol-135m --tokenizer "$tokenizer"
measure smol-lora 1171875 smol 'lora: {rank: 16}'
measure smol-full 2441406 smol 'method: full, optimizer: adamw8bit'
measure 1b-rank16 1562500 llama1b 'lora: {rank: 16}, recompute: true'
measure 7b-rank16 4882812 llama7b 'lora: {rank: 16}, recompute: true'
measure 7b-rank64 6347656 llama7b 'lora: {rank: 64}, recompute: true, optimizer: adamw8bit'
exit $missed
