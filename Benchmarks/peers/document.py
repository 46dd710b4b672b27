"""The measured part of docs/benchmarks.md, made from the results of compare.py."""
import os, re, statistics, subprocess

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/benchmarks.md")
BEGIN, END = "<!-- made by Benchmarks/peers/compare.py -->", "<!-- end -->"
PACKAGES = {"now": ["trl", "transformers", "peft", "torch"], "ppo": ["trl", "transformers", "peft"], "llamacpp": ["llama-cpp-python"]}


def number(x):
    return f"{x:,.0f}" if x >= 100 else f"{x:.1f}" if x >= 10 else f"{x:.2f}" if x >= 0.1 else f"{x:.3g}"


def machine():
    """Processor, cores, memory and system, as the files of Linux tell them."""
    def line(path, pattern):
        try:
            with open(path, encoding="utf-8") as f: found = re.search(pattern, f.read(), re.M)
        except OSError: found = None
        return found[1].strip() if found else "unknown"
    memory = line("/proc/meminfo", r"^MemTotal:\s+(\d+)")
    flags = line("/proc/cpuinfo", r"^flags\s*:(.*)")
    level = next((name for name in ("avx512f", "avx2") if f" {name} " in f" {flags} "), "neither AVX2 nor AVX-512")
    processor, system = line("/proc/cpuinfo", r"^model name\s*:(.*)"), line("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)')
    return f"{processor}, {os.cpu_count()} cores ({level}), {int(memory) / 2**20 if memory.isdigit() else 0:.0f} GiB, {system}"


def versions(peers):
    """What was compared: our commit and compiler, and the peers' packages."""
    said = lambda command: subprocess.run(command, capture_output=True, text=True, cwd=os.path.dirname(PATH)).stdout
    swift = re.search(r"Swift version (\S+)", said(["swiftc", "--version"]))
    out = [f"Touchstone {said(['git', 'rev-parse', '--short', 'HEAD']).strip()}", f"Swift {swift[1] if swift else 'unknown'}"]
    for name, packages in PACKAGES.items():
        python = os.path.join(peers, name, "bin/python")
        if not os.path.exists(python): continue
        ask = "import importlib.metadata as m, sys\nfor p in sys.argv[1:]:\n  try: print(p, m.version(p))\n  except m.PackageNotFoundError: pass"
        found = ", ".join(said([python, "-c", ask, *packages]).split("\n")).strip(", ")
        if found: out.append(found if name != "ppo" else f"for PPO {found}")
    return "; ".join(out)


def spread(values):
    return f"{number(statistics.median(values))} ({number(min(values))} to {number(max(values))})"


def table(result):
    sides = list(result["figures"])
    judged = {}
    for r in result["ratios"]:
        word = "at most" if r["most"] else "at least"
        who = "" if len(sides) == 2 else f"{r['over']}/{r['under']} " if r["under"] else f"{r['over']} "
        figure, bar = (f"{r['value']:.2f}x", f"{r['bar']:g}x") if r["under"] else (number(r["value"]), number(r["bar"]))
        judged.setdefault(r["key"], []).append(f"{who}{figure} ({word} {bar}: {'met' if r['met'] else 'missed'})")
    head = [""] + sides + (["ratio (bar)"] if judged else [])
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for key, unit in result["units"].items():
        if not any(key in f for f in result["figures"].values()): continue
        cells = [key + ", " + unit if " " in key else unit] + [spread(f[key]) if f.get(key) else "" for f in result["figures"].values()]
        lines.append("| " + " | ".join(cells + (["; ".join(judged.get(key, []))] if judged else [])) + " |")
    return lines


def section(results, names, versions):
    machines = list(dict.fromkeys(results[n]["machine"] for n in names))
    lines = [BEGIN, "", "Medians, and in brackets the least and the most of all turns. A ratio is one median over the other.", "",
             f"Machine: {'; '.join(machines)}.", f"Versions: {versions}.", ""]
    for n in names:
        r = results[n]
        lines += [f"### {r['title']}", "", *table(r), ""]
        lines += [(r["note"] + " " if r["note"] else "") + f"{r['turns']} turns, {r['day']}: `{r['command']}`" + (f", on {r['machine']}" if len(machines) > 1 else "") + ".", ""]
    return "\n".join(lines + [END])


def write(results, names, versions):
    with open(PATH, encoding="utf-8") as f: text = f.read()
    if BEGIN not in text: text = text.rstrip() + f"\n\n## Against the peers\n\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    text = before + section(results, names, versions) + rest.split(END, 1)[1]
    with open(PATH, "w", encoding="utf-8") as f: f.write(text)
