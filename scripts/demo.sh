#!/usr/bin/env bash
# From bundled documents to a preferred model: what a user would type, echoed as it runs.
# Everything lands in demo-run/. Stopped or killed, it goes on where it was; finished, it shows the result again.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.build/release:$PATH"

say() { printf '\n$ %s\n' "$*"; "$@"; }

mkdir -p demo-run
say rlhf train pipelines/demo.yaml --store demo-run/demo.sqlite
say rlhf report --store demo-run/demo.sqlite -o demo-run/report.html
printf '\nprep and rlhf are in .build/release; to have them on your PATH: make install PREFIX=~/.local\n'
