"""What `reprise why` says of the recordings of examples/debug, compared with golden/NAME.why.txt;
`--bless` writes these anew (read them then!).

  transcripts.py TOOL EXAMPLES FOLDER [--bless]
"""

import difflib
import os
import sys

from harness import Suite

GUESTS = ("orders", "meters")


def compare(suite, path, actual, bless):
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
    for guest in GUESTS:
        ended = suite.run("run", "--record", guest + ".trace",
                          os.path.join(examples, guest + ".wasm"), cwd=folder)
        suite.expect(ended.code == 134, guest + " does not trap", ended)
        ended = suite.run("why", guest + ".trace", cwd=folder)
        suite.expect(ended.code == 0, "why fails", ended)
        compare(suite, os.path.join(here, "golden", guest + ".why.txt"), ended.out.decode(), bless)
    suite.finish()


main()
