#!/usr/bin/env python3
"""Ours and the peers on the same works in turns: medians, spread, ratios against the project's bars, and a table in the docs.

usage: compare.py PEERS WORK RELEASE [--only sft,dpo] [--turns 5] [--steps 4] [--llmc FOLDER] [--no-write]

PEERS: the folder that setup.sh made; WORK: the one that make_workload.py filled; RELEASE: the folder of our binaries. Results
are kept in PEERS/results.json, so that works may be run one by one; docs/benchmarks.md is written from all of them.
"""
import argparse, datetime, json, os, statistics, sys
import document
from works import Works


def parsed():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("peers"); p.add_argument("work"); p.add_argument("release")
    p.add_argument("--only", default=",".join(Works.names), help="works, separated by commas: " + ", ".join(Works.names))
    p.add_argument("--turns", type=int, default=5, help="times that every side runs (default: 5)")
    p.add_argument("--steps", type=int, default=4, help="training steps of a turn (default: 4)")
    p.add_argument("--llmc", help="the source folder of llm.c")
    p.add_argument("--no-write", action="store_true", help="leave results.json and docs/benchmarks.md alone")
    a = p.parse_args()
    a.only = [name.strip() for name in a.only.split(",")]
    for name in a.only:
        if name not in Works.names: p.error(f"there is no work {name}; there are {', '.join(Works.names)}")
    return a


def run(work, turns):
    """Every side once a turn, in turns; {side: {figure: [value of each turn]}}."""
    figures = {side: {} for side in work.sides}
    for turn in range(turns):
        for side, measure in work.sides.items():
            found = measure()
            for key, unit in work.units.items():
                if key in found: figures[side].setdefault(key, []).append(found[key])
            shown = "  ".join((f"{k}: " if " " in k else "") + f"{document.number(found[k])} {unit}" for k, unit in work.units.items() if k in found)
            print(f"  turn {turn + 1}  {side:16} {shown}", flush=True)
    return figures


def judged(work, figures):
    """The ratios of medians with their bars."""
    out = []
    for r in work.ratios:
        try: value = statistics.median(figures[r.over][r.key]) / (statistics.median(figures[r.under][r.key]) if r.under else 1)
        except KeyError: continue
        met = value <= r.bar if r.most else value >= r.bar
        out.append({"key": r.key, "over": r.over, "under": r.under, "value": value, "bar": r.bar, "most": r.most, "met": met})
        print(f"  {work.units[r.key] if ' ' not in r.key else r.key}: {r.over} is {f'{value:.2f}x {r.under}' if r.under else f'{value:,.0f}'} (bar: {'at most' if r.most else 'at least'} {r.bar:g}{'x' if r.under else ''}): {'met' if met else 'MISSED'}")
    return out


def main():
    a = parsed()
    works, missed = Works(a.peers, a.work, a.release, a.steps, a.llmc), []
    kept = os.path.join(a.peers, "results.json")
    results = {}
    if os.path.exists(kept) and not a.no_write:
        with open(kept, encoding="utf-8") as f: results = json.load(f)
    for name in a.only:
        work = works.make(name)
        if isinstance(work, str):
            print(f"{name}: skipped: {work}", flush=True)
            continue
        print(f"{name}: {work.title}", flush=True)
        figures = run(work, a.turns)
        ratios = judged(work, figures)
        missed += [f"{name} ({r['key']})" for r in ratios if not r["met"]]
        results[name] = {"title": work.title, "note": work.note, "units": work.units, "figures": figures, "ratios": ratios, "turns": a.turns,
                         "command": f"make bench-peers PEERS=DIR ARGUMENTS=\"--only {name} --turns {a.turns} --steps {a.steps}\"",
                         "day": datetime.date.today().isoformat(), "machine": document.machine()}
        if not a.no_write:
            with open(kept, "w", encoding="utf-8") as f: json.dump(results, f, indent=1)
            document.write(results, [n for n in Works.names if n in results], document.versions(a.peers))
    print("bars: " + ("missed: " + ", ".join(missed) if missed else "all met"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
