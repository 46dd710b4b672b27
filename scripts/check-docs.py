#!/usr/bin/env python3
"""Every command and every option of prep and rlhf stands in docs/commands.md, and nothing stands there that does not exist."""
import glob
import os
import re
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
with open("docs/commands.md", encoding="utf-8") as file:
    doc = file.read()
COMMON = {"help", "version", "store", "json", "quiet", "seed", "threads"}


def dashed(name):
    return re.sub(r"(?<!^)([A-Z])", lambda m: "-" + m[1].lower(), name)


def options(source):
    """The long names of a file's options and flags."""
    found = set()
    for match in re.finditer(r"@(Option|Flag)(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))?\s*(?:package |public )?var (\w+)", source):
        custom = re.search(r'customLong\("([\w-]+)"\)', match[2] or "")
        name = custom[1] if custom else dashed(match[3])
        if ".short" in (match[2] or ""):
            name = name[0] if f"--{name}" not in doc else name  # documented by its short name
        found.add(name)
        if "prefixedNo" in (match[2] or ""):
            found.add("no-" + name)
    return found


problems, known = [], set(COMMON)
for path in sorted(glob.glob("Sources/prep/*.swift") + glob.glob("Sources/rlhf/*.swift")):
    with open(path, encoding="utf-8") as file:
        source = file.read()
    found = options(source)
    known |= found
    command = re.search(r'commandName: "([\w-]+)"', source)
    program = path.split("/")[1]
    if command and command[1] not in ("prep", "rlhf") and f"`{program} {command[1]}" not in doc:
        problems.append(f"{program} {command[1]} is not documented")
    problems += [f"--{name} of {path} is not documented" for name in sorted(found - COMMON) if f"-{name}" not in doc]
problems += [f"--{name} is documented but does not exist" for name in sorted(set(re.findall(r"`(?:[^`]* )?--([a-z][\w-]*)", doc)) - known)]
for problem in problems:
    print(f"check-docs: {problem}")
sys.exit(1 if problems else 0)
