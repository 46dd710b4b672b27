#!/usr/bin/env bash
# Fine-tunes the demo's model by every method, each in a process of its own, and writes docs/methods.md.
# Stopped or killed, it goes on where it was; a finished stage is not run again.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.build/release:$PATH"
recipe=pipelines/methods.yaml
store=demo-run/methods.sqlite

mkdir -p demo-run
stages=$(rlhf train "$recipe" --store "$store" --plan | awk 'NR > 1 { if ($1 == "" || $1 == "Memory,") exit; print $1 }')
for stage in $stages; do rlhf train "$recipe" --store "$store" --stage "$stage"; done

processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
{
  cat <<TEXT
# Methods side by side

Made by \`make methods\`, which runs [pipelines/methods.yaml](../pipelines/methods.yaml): a model of 2.7M weights,
pretrained on the demo's documents, then fine-tuned by each method for the same passes over the same pairs. Peak memory is
that of a process of its own; at this size the program's own 30 to 40 MB are the larger part of it. What the methods take of
large models is in [training.md](training.md#memory).

Machine: $processor, $(nproc) cores. One run a method, one seed: small differences of loss mean little, and speeds vary by
some 20% from run to run. Methods that train few numbers need more passes, and a larger model, to come near the others.

TEXT
  rlhf runs --store "$store" --kind sft --markdown
  cat <<'TEXT'

Every line is a stage of the recipe, so that its settings can be copied from there. How each method works and where it
follows its paper or PEFT: [training.md](training.md).
TEXT
} > docs/methods.md.new
mv docs/methods.md.new docs/methods.md
cat docs/methods.md
