#!/usr/bin/env python3
"""Keeps the house in order: layers, line length, stray words, file size, opening comments.

    tidy.py ROOT        exits with 1 and one line a finding (file:line: what) if there is any

The layers are read from CMakeLists.txt, so that there is one list of them.
"""

import re
import subprocess
import sys
from pathlib import Path

MAX_COLUMNS = 100
MAX_LINES = 800
# Tables of opcode handlers are one idea however long they get.
LONG_FILES = {"src/code/handlers.cpp"}
STRAY = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|/(work|root)/")
INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"')
SOURCES = {".cpp", ".hpp", ".def"}
TEXT = SOURCES | {".py", ".sh", ".md", ".txt", ".cmake", ".wat", ".wast", ".c", ".rs", ".json"}


def layers(root):
    text = (root / "CMakeLists.txt").read_text()
    order = re.findall(r"^reprise_layer\((\w+)\)", text, re.M) + ["tool"]
    return {name: place for place, name in enumerate(order)}


def check_include(path, number, line, rank):
    match = INCLUDE.match(line)
    if not match or path.parts[0] not in ("src", "include"):
        return
    used = match.group(1).split("/")[0]
    if used == "reprise":
        return
    if path.parts[0] == "include":
        yield f"{path}:{number}: a public header includes {match.group(1)}, which isn't public"
        return
    own = path.parts[1]
    if used not in rank:
        yield f'{path}:{number}: include "{match.group(1)}" by its path from src/'
    elif own not in rank:
        yield f"{path}:{number}: src/{own} is not in the list of layers"
    elif rank[used] > rank[own]:
        yield f"{path}:{number}: layer {own} includes {match.group(1)} from a layer above it"


def check_file(root, path, rank):
    try:
        lines = (root / path).read_text().split("\n")
    except UnicodeDecodeError:
        yield f"{path}:1: not UTF-8"
        return
    for number, line in enumerate(lines, 1):
        if path.suffix in SOURCES:
            if len(line) > MAX_COLUMNS:
                yield f"{path}:{number}: {len(line)} columns, more than {MAX_COLUMNS}"
            yield from check_include(path, number, line, rank)
        if "\t" in line and path.name != "Makefile":
            yield f"{path}:{number}: a tab"
        if line != line.rstrip():
            yield f"{path}:{number}: white space at the end of the line"
        if path != Path("tests/tidy/tidy.py") and STRAY.search(line):
            yield f"{path}:{number}: stray '{STRAY.search(line).group(0)}'"
    if path.suffix in SOURCES and path.parts[0] in ("src", "include"):
        if len(lines) > MAX_LINES and str(path) not in LONG_FILES:
            yield f"{path}:1: {len(lines)} lines, more than {MAX_LINES}: two ideas in one file?"
        own_header = path.suffix == ".cpp" and (root / path).with_suffix(".hpp").exists()
        if path.suffix != ".cpp" and not lines[0].startswith("//"):
            yield f"{path}:1: doesn't open with a comment that says what it is for"
        if path.suffix == ".cpp" and not own_header and not lines[0].startswith(("//", "#include")):
            yield f"{path}:1: opens with neither a comment nor its header"
    if path.suffix == ".hpp" and "#pragma once" not in lines:
        yield f"{path}:1: no #pragma once"


def main():
    root = Path(sys.argv[1])
    rank = layers(root)
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True, check=True).stdout.splitlines()
    findings = []
    for name in sorted(listed):
        path = Path(name)
        if path.suffix in TEXT and (root / path).is_file():
            findings += check_file(root, path, rank)
    print("\n".join(findings) if findings else f"{len(listed)} files are tidy")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
