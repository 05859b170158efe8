"""Digests of the state in traces: one at the end, or one every N events, and what a replay makes of
them.

  state.py TOOL PROGRAMS
"""

import os
import re
import sys

from harness import Suite

LINES = b"x" * (64 * 20)  # the guest reads 64 bytes at a time


def digests(suite, trace):
    return suite.run("trace", "cat", trace).out.count(b"state-digest")


def main():
    suite = Suite(sys.argv[1])
    folder = suite.folder("state")
    source = open(os.path.join(sys.argv[2], "ticks.wat")).read()
    # A guest that makes the same calls, but leaves something else in its memory from the tenth on.
    changed = source.replace("(br $again)", """
          (global.set $n (i32.add (global.get $n) (i32.const 1)))
          (if (i32.eq (global.get $n) (i32.const 10))
            (then (i32.store (i32.const 1000) (i32.const 1))))
          (br $again)""").replace("(memory ", "(global $n (mut i32) (i32.const 0)) (memory ")
    counting = changed.replace("(i32.const 10)", "(i32.const -1)")
    for name, text in (("counting.wat", counting), ("changed.wat", changed)):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)

    places = {}
    for check, least in (("none", 0), ("state", 1), ("state:8", 8)):
        trace = os.path.join(folder, "run.trace")
        recorded = suite.run("run", "--record", trace, "--check", check, "counting.wat",
                             stdin=LINES, cwd=folder)
        suite.expect(recorded.code == 0 and recorded.out == LINES, "the run fails", recorded)
        count = digests(suite, trace)
        suite.expect(least <= count <= max(least, 3 * least - 2),
                     "%d digests with --check %s" % (count, check))
        same = suite.run("replay", "--check", "state", trace, cwd=folder)
        suite.expect(same.code == 0 and same.out == LINES, "the replay differs", same)
        suite.expect((b"no digest of the state" in same.err) == (check == "none"),
                     "says the wrong thing of digests", same)
        loose = suite.run("replay", "--component", "changed.wat", trace, cwd=folder)
        suite.expect(loose.code == 0, "states are compared unasked", loose)
        other = suite.run("replay", "--check", "state", "--component", "changed.wat", trace,
                          cwd=folder)
        if check == "none":
            continue
        told = re.search(rb"at event (\d+): the state of all differs", other.err)
        if suite.expect(other.code == 3 and told, "another state is not noticed", other):
            places[check] = int(told[1])
    suite.expect(places["state:8"] < places["state"] - 10, "the place is not found early", places)

    default = os.path.join(folder, "default.trace")
    suite.run("run", "--record", default, "counting.wat", stdin=LINES, cwd=folder)
    suite.expect(digests(suite, default) == 1, "the state is not recorded unless asked")
    for wrong in ("state:", "state:0", "state:x", "nothing"):
        refused = suite.run("run", "--record", default, "--check", wrong, "counting.wat", cwd=folder)
        suite.expect(refused.code != 0 and b"--check" in refused.err, "%s is accepted" % wrong)
    suite.finish()


main()
