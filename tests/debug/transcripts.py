"""Sessions at the debugger's terminal, compared with golden transcripts.

Each file sessions/NAME.ex begins with `# GUEST [ARGUMENTS]`, the recording that it is about; the
commands that follow are typed one by one. What the debugger prints has to be golden/NAME.txt;
`--bless` writes it anew (read it then!). golden/NAME.why.txt is what `reprise why` says.

  transcripts.py TOOL EXAMPLES FOLDER [--bless]
"""

import difflib
import os
import struct
import sys

from harness import Suite

# Each, and what it reads from its standard input.
GUESTS = {
    "orders": b"",
    "meters": b"",
    "grid": b"",
    "stock": b"".join(struct.pack("<8sii", name, count, value) for name, count, value in
                      ((b"bolts", 4, 100), (b"nuts", 0, 70), (b"pins", 7, 21))),
}


def compare(suite, path, actual, bless):
    """`actual` must not name the machine's folders."""
    if bless:
        with open(path, "w") as file:
            file.write(actual)
        return
    with open(path) as file:
        wanted = file.read()
    name = os.path.basename(path)
    suite.expect(actual == wanted, "not as in golden/" + name,
                 "".join(difflib.unified_diff(wanted.splitlines(True), actual.splitlines(True),
                                              name, "this run")))


def main():
    bless = "--bless" in sys.argv
    suite = Suite(sys.argv[1])
    examples, here = os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])
    folder = suite.folder("recordings")
    for guest, stdin in GUESTS.items():
        ended = suite.run("run", "--record", guest + ".trace",
                          os.path.join(examples, guest + ".wasm"), cwd=folder, stdin=stdin)
        suite.expect(ended.code == 134, guest + " does not trap", ended)
        ended = suite.run("why", guest + ".trace", cwd=folder)
        suite.expect(ended.code == 0, "why fails", ended)
        compare(suite, os.path.join(here, "golden", guest + ".why.txt"), ended.out.decode(), bless)

    for file_name in sorted(os.listdir(os.path.join(here, "sessions"))):
        name = file_name.removesuffix(".ex")
        suite.name = name
        with open(os.path.join(here, "sessions", file_name)) as file:
            lines = file.read().splitlines()
        guest, options = lines[0].lstrip("# ").split()[0], lines[0].lstrip("# ").split()[1:]
        arguments = ["debug", "--source", examples, *options, "--batch"]
        for command in lines[1:]:
            arguments += ["-ex", command]
        ended = suite.run(*arguments, guest + ".trace", cwd=folder)
        suite.expect(ended.code == 0 and not ended.err, "the session fails", ended)
        compare(suite, os.path.join(here, "golden", name + ".txt"), ended.out.decode().replace(examples, "EXAMPLES"), bless)

    ended = suite.run("debug", "--batch", "-ex", "frobnicate", "-ex", "when", "orders.trace",
                      cwd=folder)
    suite.expect(ended.code == 1 and b"no command 'frobnicate'" in ended.out and
                 b"when" not in ended.out, "a wrong command does not end a batch", ended)
    ended = suite.run("debug", "orders.trace", stdin=b"up\nquit\nnever", cwd=folder)
    suite.expect(ended.code == 0 and b"(reprise) up\n" in ended.out and b"never" not in ended.out,
                 "commands are not read from a pipe", ended)
    suite.finish()


if __name__ == "__main__":
    main()
