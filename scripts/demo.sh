#!/usr/bin/env bash
# From bundled documents to a preferred model: what a user would type, echoed as it runs.
# Everything lands in demo-run/; running it again continues where it stopped, or shows the finished result.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.build/release:$PATH"

say() { printf '\n$ %s\n' "$*"; "$@"; }

mkdir -p demo-run
say rlhf train pipelines/demo.yaml --store demo-run/demo.sqlite
