#!/usr/bin/env python3
"""Writes the tables of docs/recipes.md from schemas/recipe.schema.json. With --check it only says whether they are current."""
import json
import os
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
DOC, SCHEMA, MARK = "docs/recipes.md", "schemas/recipe.schema.json", "<!-- made by scripts/recipes-doc.py -->\n"


def kind(key):
    """A value's type in words."""
    if "enum" in key:
        return ", ".join(f"`{name}`" for name in key["enum"])
    if "anyOf" in key or "oneOf" in key:
        listed = next((k for k in key.get("anyOf", key.get("oneOf")) if k.get("type") == "array"), None)
        return "list of " + kind(listed["items"]) if listed else "value"
    if isinstance(key.get("additionalProperties"), dict):
        return "names with " + kind(key["additionalProperties"])
    name = key.get("type", "value")
    name = name if isinstance(name, str) else name[0]
    if name == "array":
        return "list of " + kind(key.get("items", {}))
    low, high = key.get("minimum"), key.get("maximum")
    if low is not None and high is not None:
        bounds = f"{low} to {high}" if high < 1_000_000_000 else f"{low} or more"
        return {"integer": "whole number", "number": "number"}[name] + ", " + bounds
    return {"string": "text", "boolean": "`true`, `false`", "object": "keys", "integer": "whole number"}.get(name, name)


def rows(properties, required, prefix=""):
    for name, key in properties.items():
        inner = key.get("properties")
        default = key.get("default")
        shown = "required" if name in required else "" if default in (None, {}) else f"`{json.dumps(default, ensure_ascii=False)}`"
        meaning = key.get("description", "").replace("<", "\\<")
        yield f"| `{prefix}{name}` | {kind(key)} | {shown} | {meaning} |"
        if inner:
            yield from rows(inner, key.get("required", []), f"{prefix}{name}.")


def table(properties, required):
    return "\n".join(["| key | value | default | meaning |", "|---|---|---|---|", *rows(properties, required)]) + "\n"


def tables():
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    top = {name: key for name, key in schema["properties"].items() if name not in ("stages", "defaults")}
    parts = ["## The recipe itself\n", table(top, schema["required"])]
    for stage in schema["properties"]["stages"]["items"]["anyOf"]:
        for name, body in stage.get("properties", {}).items():
            parts += [f"## `{name}`\n", body["description"][0].upper() + body["description"][1:] + ".\n", table(body["properties"], body.get("required", []))]
    return MARK + "\n" + "\n".join(parts)


def main():
    with open(DOC, encoding="utf-8") as file:
        text = file.read()
    current = text[:text.index(MARK)] + tables()
    if "--check" in sys.argv:
        if text != current:
            sys.exit(f"{DOC} does not show the keys of {SCHEMA}: run scripts/recipes-doc.py")
    else:
        with open(DOC, "w", encoding="utf-8") as file:
            file.write(current)


main()
