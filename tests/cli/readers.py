"""`trace cat --json` and the reader in Python, which was written from the document alone, say the same
of the traces of whole guests, value for value.

  readers.py TOOL READER GUESTS PROGRAMS
"""

import json
import os
import subprocess
import sys

from harness import Suite


def runs(guests, programs):
    """(name, options, program, arguments, input)"""
    def guest(name):
        return os.path.join(guests, name + ".wasm")

    yield "hello", ["--env", "COLOUR=blue"], guest("hello"), ["one", "z\u00fc\u2026 \U0001f600"], b""
    yield "cat", [], guest("cat"), ["data/a.txt", "data/none"], b""
    yield "stdin", ["--args", "full"], guest("cat"), [], bytes(range(256)) * 40
    yield "tree", ["--args", "digest"], guest("tree"), ["data", "data/index"], b""
    yield "clocks", [], guest("clocks"), [], b""
    yield "poll", [], guest("poll"), [], b"x\n"
    yield "exit", [], guest("exit"), ["exit", "42"], b""
    yield "trap", ["--check", "state:4"], guest("faults"), ["divide"], b""
    yield "omit", ["--omit", "env,args"], guest("hello"), ["secret-argument"], b""
    for name in ("greet", "secrets", "recorded"):
        yield name, ["--env", "A=b"], os.path.join(programs, name + ".wat"), ["a"], b"input" * 9
    demo = os.path.join(os.path.dirname(os.path.dirname(guests)), "examples", "demo")
    yield "checksum", [], os.path.join(demo, "checksum.wasm"), ["data", "data/report.txt"], b""


def readable(suite, guests):
    """Lists of bytes, for people: short, but with their length and what they say."""
    folder = suite.folder("readable")
    trace = os.path.join(folder, "run.trace")
    suite.run("run", "--record", trace, "--args", "full", os.path.join(guests, "cat.wasm"),
              stdin=b"hello\n" + b"\0\1" * 100, cwd=folder)
    line = "fd_write(1, [104, 101, 108, 108, 111, 10, 0, 1, …]) = ok(206)  // 206 bytes"
    listed = suite.run("trace", "cat", trace)
    suite.expect(line.encode() in listed.out, "bytes are not shortened", listed)
    suite.run("run", "--record", trace, os.path.join(guests, "hello.wasm"), cwd=folder)
    line = 'fd_write(1, [104, 101, 108, 108, 111, 10]) = ok(6)  // 6 bytes: "hello\\n"'
    for options in ([], ["--full"]):
        listed = suite.run("trace", "cat", *options, trace)
        suite.expect(line.encode() in listed.out, "text is not shown as text", listed)


def main():
    suite = Suite(sys.argv[1])
    reader, guests, programs = (os.path.abspath(path) for path in sys.argv[2:5])
    values = 0
    for name, options, program, arguments, stdin in runs(guests, programs):
        folder = suite.folder(name)
        os.makedirs(os.path.join(folder, "granted"))
        with open(os.path.join(folder, "granted", "a.txt"), "w") as file:
            file.write("alpha\n")
        trace = os.path.join(folder, "run.trace")
        suite.run("run", "--record", trace, *options, "--dir", "granted::data", program, *arguments,
                  stdin=stdin, cwd=folder)
        listed = suite.run("trace", "cat", "--json", "--full", trace)
        suite.expect(listed.code == 0, "trace cat fails", listed)
        found = subprocess.run([sys.executable, "-B", reader, trace], capture_output=True)
        suite.expect(found.returncode == 0 and not found.stderr, "the reader fails", found.stderr)
        ours = [json.loads(line) for line in listed.out.splitlines()]
        theirs = [json.loads(line) for line in found.stdout.splitlines()]
        suite.expect(len(ours) == len(theirs), "%d records, %d in Python" % (len(ours), len(theirs)))
        for a, b in zip(ours, theirs):
            if not suite.expect(a == b, "they differ", a, b):
                break
        values += sum("values" in line for line in ours)
    readable(suite, guests)
    suite.expect(values > 300, "there are only %d records with values" % values)
    suite.finish()


main()
