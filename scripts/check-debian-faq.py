#!/usr/bin/env python3
"""Counts how many questions of the Debian FAQ became pairs, from the pages themselves.

usage: check-debian-faq.py STORE [FAQ-FOLDER]      (default folder: /usr/share/doc/debian/FAQ)

The pages are read here with Python's html.parser, by none of the program's own code. For every heading that asks,
in English (*.en.html) and in Chinese (zh-cn/*.html), the store must hold exactly one valid pair whose prompt is the
question without its number, and whose answer has the first and the last words of the section and nothing of the
next one. A question may have sections of its own that do not ask; they belong to its answer. Prints the counts and
every question that failed; exits 1 when fewer than 105 (or than 93.75%) of a language's questions pass.
"""

import glob
import html.parser
import json
import os
import re
import sqlite3
import sys
import unicodedata

FLOOR, SHARE = 105, 0.9375
BLOCKS = {"p", "div", "ul", "ol", "li", "dl", "dt", "dd", "pre", "table", "tr", "td", "th", "br", "blockquote", "hr"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}


class Page(html.parser.HTMLParser):
    """Collects (level, heading, text pieces until the next heading) of one page."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.sections = []  # [level, title, body]
        self.in_heading = False
        self.skipped = []  # open elements of navigation, contents and footnotes, with their nesting
        self.depth = 0

    def handle_starttag(self, tag, attributes):
        classes = (dict(attributes).get("class") or "").split()
        if tag in ("br", "hr", "img", "link", "meta", "input"):
            self.piece(" ")
            return
        self.depth += 1
        if tag in ("script", "style", "head") or {"navheader", "navfooter", "toc", "footnote", "footnotes"} & set(classes):
            self.skipped.append(self.depth)
        if tag in HEADINGS and not self.skipped:
            self.sections.append([int(tag[1]), "", ""])
            self.in_heading = True
        elif tag in BLOCKS:
            self.piece(" ")

    def handle_startendtag(self, tag, attributes):
        self.piece(" " if tag in BLOCKS else "")

    def handle_endtag(self, tag):
        if tag in ("br", "hr", "img", "link", "meta", "input"):
            return
        if self.skipped and self.skipped[-1] == self.depth:
            self.skipped.pop()
        self.depth -= 1
        if tag in HEADINGS:
            self.in_heading = False
        elif tag in BLOCKS:
            self.piece(" ")

    def handle_data(self, data):
        self.piece(data)

    def piece(self, data):
        if self.skipped or not self.sections:
            return
        self.sections[-1][1 if self.in_heading else 2] += data


def asks(title):
    """A heading asks when it has a question mark (no heading of these pages has one for another reason)."""
    return "?" in title or "？" in title


def without_number(title):
    return re.sub(r"^\s*\d+(\.\d+)*\.?\s+", "", title)


def collapsed(text):
    return " ".join(text.split())


def letters(text):
    """Letters and digits alone, so that marks of layout, quotes and spaces do not count."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def questions(path):
    """Yields (title without number, answer's letters by part, the next section's heading and first words) of a page."""
    page = Page()
    with open(path, encoding="utf-8") as file:
        page.feed(file.read())
    sections = [s for s in page.sections if collapsed(s[1])]
    for at, (level, title, body) in enumerate(sections):
        title = collapsed(title)
        if not asks(title):
            continue
        answer, following, skipping = [body], None, None
        for later_level, later_title, later_body in sections[at + 1:]:
            if later_level <= level:
                following = following or (later_title, later_body)
                break
            if skipping is not None and later_level > skipping:
                continue
            skipping = None
            if asks(later_title):
                skipping = later_level
                following = following or (later_title, later_body)
                continue
            answer += [later_title, later_body]
        yield without_number(title), [letters(part) for part in answer if letters(part)], following


def problem(title, parts, following, pairs):
    """None when exactly one pair answers the question with its own whole section; else what is wrong."""
    found = [p for p in pairs.get(letters(title), []) if p[0].casefold() == title.casefold()]
    if not found:
        near = pairs.get(letters(title), [])
        return "missing" if not near else f"prompt differs: {near[0][0]!r}"
    if len(pairs[letters(title)]) > 1:
        return f"{len(pairs[letters(title)])} pairs"
    answer = letters(found[0][1])
    if not answer.startswith(parts[0][:24]):
        return "the answer does not begin with the section's first words"
    if not answer.endswith(parts[-1][-24:]):
        return "the answer does not end with the section's last words"
    missing = [part[:24] for part in parts if part not in answer]
    if missing:
        return f"the answer lacks a part of its section, near {missing[0]!r}"
    if len(answer) > sum(map(len, parts)) * 1.05 + 40:
        return "the answer is longer than its section"
    # The heading alone may stand in the answer as a reference to that section; with the words below it, it may not.
    if following and (letters(following[0]) + letters(following[1])[:40]) in answer:
        return f"the answer runs into the next section ({collapsed(following[0])!r})"
    return None


def valid_pairs(store):
    """All valid pairs of the store by their prompt's letters: {letters: [(prompt, response)]}."""
    pairs = {}
    database = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
    for (messages,) in database.execute("SELECT messages FROM pair WHERE invalid_reason IS NULL"):
        turns = json.loads(messages)
        asked = [m["content"] for m in turns if m["role"] == "user"]
        told = [m["content"] for m in turns if m["role"] == "assistant"]
        if asked and told:
            pairs.setdefault(letters(asked[0]), []).append((asked[0], told[0]))
    return pairs


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    store = sys.argv[1]
    folder = sys.argv[2] if len(sys.argv) == 3 else "/usr/share/doc/debian/FAQ"
    for path, what in ((store, "store"), (folder, "folder of the FAQ")):
        if not os.path.exists(path):
            sys.exit(f"check-debian-faq: there is no {what} at {path}")
    pairs = valid_pairs(store)
    failed = False
    for language, pattern in (("English", "*.en.html"), ("Chinese", "zh-cn/*.html")):
        pages = sorted(glob.glob(os.path.join(folder, pattern)))
        asked = [q for page in pages for q in questions(page)]
        problems = [(title, problem(title, *rest, pairs)) for title, *rest in asked]
        wrong = [(title, reason) for title, reason in problems if reason]
        good = len(asked) - len(wrong)
        print(f"{language}: {len(pages)} pages, {len(asked)} question headings, {good} with their own whole answer")
        for title, reason in wrong:
            print(f"  {title}: {reason}")
        failed = failed or good < max(FLOOR, SHARE * len(asked))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
