"""What a person is told when a changed guest meets an old recording.

programs/recorded.wat is recorded; then one line of it is changed, and the trace replayed with the
changed guest. The report has to be the one in golden/; `--bless` writes it anew (read it then!).

  divergence.py TOOL PROGRAMS GOLDEN [--bless]
"""

import difflib
import os
import sys

from harness import Suite

CHANGES = (
    # name, line, what stands there instead
    ("argument", "(call $random_get (i32.const 128) (i32.const 16))",
     "(call $random_get (i32.const 128) (i32.const 24))"),
    ("argument_text", "(call $print (i32.const 272) (i32.const 11))",
     "(call $print (i32.const 272) (i32.const 5))"),
    ("order", "(call $look_at_clock)\n    (call $take_random)",
     "(call $take_random)\n    (call $look_at_clock)"),
    ("added_call", "(call $print (i32.const 272) (i32.const 11))",
     "(call $print (i32.const 272) (i32.const 11)) (call $look_at_clock)"),
    ("removed_call", "(call $proc_exit (i32.const 0))", "nop"),
    ("trap", "(call $print (i32.const 272) (i32.const 11))", "unreachable"),
    ("exit", "(call $proc_exit (i32.const 0))", "(call $proc_exit (i32.const 9))"),
    ("early_exit", "(call $take_random)", "(call $proc_exit (i32.const 1))"),
)
LINES = b"first line\nother line\n"


def main():
    bless = "--bless" in sys.argv
    suite = Suite(sys.argv[1])
    programs, golden = os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])
    folder = suite.folder("recording")
    base = os.path.join(programs, "recorded.wat")
    with open(base) as file:
        text = file.read()
    for recorded in ("full", "digest"):
        trace = os.path.join(folder, recorded + ".trace")
        ended = suite.run("run", "--record", trace, "--args", recorded, "--check", "state", base)
        suite.expect(ended.code == 0 and ended.out == LINES and not ended.err,
                     "recording fails", ended)
        ended = suite.run("replay", "--component", base, trace)
        suite.expect(ended.code == 0 and ended.out == LINES, "the same guest diverges", ended)

    for name, old, new in CHANGES:
        suite.folder(name)
        suite.expect(text.count(old) == 1, "the changed line is not there once")
        changed = os.path.join(suite.root, name, "changed.wat")
        with open(changed, "w") as file:
            file.write(text.replace(old, new))
        for recorded in ("full", "digest"):
            if recorded == "digest" and name != "argument":
                continue  # the same but for how arguments are shown
            report = suite.run("replay", "--component", changed,
                               os.path.join(folder, recorded + ".trace"))
            suite.expect(report.code == 3, "exit code is not 3", report)
            suite.expect(LINES.startswith(report.out), "prints what was not printed", report)
            actual = report.err.decode()
            file_name = name + ("" if recorded == "full" else "_" + recorded) + ".txt"
            path = os.path.join(golden, file_name)
            if bless:
                with open(path, "w") as file:
                    file.write(actual)
                continue
            with open(path) as file:
                wanted = file.read()
            suite.expect(actual == wanted, "report is not that of " + file_name,
                         "".join(difflib.unified_diff(wanted.splitlines(True),
                                                      actual.splitlines(True),
                                                      file_name, "this run")))
    suite.finish()


main()
