#!/usr/bin/env python3
"""Each public header opens with what a user must know, and with an example that compiles.

    examples.py ROOT    exits with 1 and one line a finding if one lacks its example or its thread
                        rules, or if a line of an example does not stand in
                        tests/unit/embed/header_examples_test.cpp in the section of its header

An example is what is indented by three spaces in the comment before `#pragma once`.
"""

import re
import sys
from pathlib import Path

SECTION = re.compile(r"^\s*// ---- ?(\S*)$")


def plain(line):
    """Without what an example says behind it, and with single spaces."""
    return " ".join(re.sub(r"\s+// .*$", "", line).split())


def compiled(text):
    sections = {}
    name = ""
    for line in text.split("\n"):
        match = SECTION.match(line)
        if match:
            name = match.group(1)
        elif name:
            sections.setdefault(name, []).append(plain(line))
    return sections


def check(header, sections):
    comment = header.read_text().split("#pragma once")[0].split("\n")
    example = [plain(line[3:]) for line in comment if line.startswith("//   ") and line[3:].strip()]
    if not example:
        yield "%s:1: no example" % header.name
    if "hread rules:" not in " ".join(comment) and "rules:" not in " ".join(comment):
        yield "%s:1: no thread rules" % header.name
    lines = sections.get(header.name, [])
    at = 0
    for line in example:
        if not line:
            continue
        if line not in lines[at:]:
            yield "%s:1: this line of the example is not compiled: %s" % (header.name, line)
            continue
        at = lines.index(line, at) + 1


def main():
    root = Path(sys.argv[1])
    sections = compiled((root / "tests/unit/embed/header_examples_test.cpp").read_text())
    headers = sorted((root / "include/reprise").glob("*.hpp"))
    findings = [finding for header in headers for finding in check(header, sections)]
    print("\n".join(findings) if findings else "the examples of %d headers compile" % len(headers))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
