#!/usr/bin/env python3
"""Hold the instructions of every kernel to what was recorded: time is noisy, counts are not.

usage: gate.py PROGRAM [--update]     PROGRAM: the built `instructions` of this package

Each kernel is called once on a fixed size under `valgrind --tool=callgrind`, at the AVX2 level, which is the best that
valgrind knows. More than TOLERANCE above the record in instructions.json ends with status 1; --update records anew.
Counts belong to a compiler: where another one built the program, differences are shown and fail nothing.
"""
import json, os, re, shutil, subprocess, sys, tempfile

RECORD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instructions.json")
TOLERANCE = 0.02


def compiler():
    out = subprocess.run(["swiftc", "--version"], capture_output=True, text=True).stdout
    return next((line.strip() for line in out.splitlines() if "Swift version" in line), "unknown")


def count(program, name):
    """Instructions of one call, what it calls included."""
    run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no",
                          "--toggle-collect=kernel_call", program, name], capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode or not found or found[1] == "0":
        raise SystemExit(f"bench-gate: {name} could not be counted:\n{run.stderr}")
    return int(found[1])


def count_all(program):
    """{name: instructions} of every counted kernel."""
    names = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    counts = {}
    for name in names:
        counts[name] = count(program, name)
        if sys.stderr.isatty(): print(f"\rbench-gate: {len(counts)} of {len(names)} kernels counted", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty(): print(file=sys.stderr)
    return counts


def main(program, update):
    if not shutil.which("valgrind"):
        print("bench-gate: skipped: valgrind is not installed (apt-get install valgrind)")
        return 0
    if not update and not os.path.exists(RECORD):
        print("bench-gate: nothing is recorded yet: make bench-gate UPDATE=--update")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        # Valgrind gives up on debug information that is newer than itself; the names of functions stay.
        bare = os.path.join(folder, "instructions")
        subprocess.run(["strip", "--strip-debug", "-o", bare, program], check=True)
        counts = count_all(bare)
    if update:
        with open(RECORD, "w", encoding="utf-8") as f:
            json.dump({"compiler": compiler(), "level": "avx2", "instructions": counts}, f, indent=1)
            f.write("\n")
        print(f"bench-gate: {len(counts)} counts recorded")
        return 0
    with open(RECORD, encoding="utf-8") as f: record = json.load(f)
    worse = 0
    for name, now in counts.items():
        before = record["instructions"].get(name)
        change = now / before - 1 if before else float("inf")
        if not before: print(f"{name}: {now} instructions, none recorded")
        elif abs(change) > TOLERANCE: print(f"{name}: {before} -> {now} instructions ({change:+.1%})")
        worse += change > TOLERANCE
    for name in record["instructions"].keys() - counts.keys(): print(f"{name}: recorded, but no kernel of that name is counted")
    if compiler() != record["compiler"]:
        print(f"bench-gate: recorded with another compiler ({record['compiler']}, here {compiler()}): nothing is held to it")
        return 0
    print(f"bench-gate: {worse} of {len(counts)} kernels need over {TOLERANCE:.0%} more instructions than recorded"
          + ("; if that is meant: make bench-gate UPDATE=--update" if worse else ""))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--update" in sys.argv[2:]))
