"""What the command says to files that are not what they should be, and to command lines that are wrong:
bad_input.py TOOL

Each of these is answered by exit code 2, and on standard error by what and where, in a line that says
who speaks; nothing comes on standard output, and nothing is made.
"""

import os
import sys

from harness import Suite

SYNTAX = '(module (func (export "_start") (i32.cnst 1)))'
IMPORTS = '(module (import "env" "f" (func)) (import "env" "g" (func)) (func (export "_start")))'

COMMAND_LINES = (
    (["nonsense"], b"there is no command 'nonsense'"),
    (["trace", "nonsense"], b"there is no command 'nonsense'"),
    (["--nonsense"], b"there is no option '--nonsense'"),
    (["run"], b"file is required"),
    (["replay"], b"trace is required"),
    (["trace", "cat"], b"trace is required"),
    (["run", "--args", "full", "good.wat"], b"--args requires --record"),
    (["run", "--record", "new", "--codec", "gzip", "good.wat"], b"gzip not in {none,lz4,zstd}"),
    (["run", "--debug", "--timeout", "5s", "good.wat"], b"--timeout excludes --debug"),
    (["debug", "--gdb", "99999", "good.trace"], b"not in range 0 to 65535"),
    (["run", "--env", "X", "good.wat"], b"--env wants NAME=VALUE, not 'X'"),
    (["run", "--dir", "missing", "good.wat"], b"cannot open directory 'missing'"),
    (["run", "--invoke", "nope", "good.wat"], b"no export is called 'nope'"),
)

FILES = (
    (["run", "missing"], b"missing: No such file"),
    (["run", "folder"], b"folder: Is a directory"),
    (["run", "empty"], b"empty: neither a component nor a core module"),
    (["run", "syntax.wat"], b"syntax.wat:1:34"),
    (["run", "imports.wat"], b'env "f"\n  env "g"'),
    (["run", "--record", "folder", "good.wat"], b"cannot create folder: Is a directory"),
    (["run", "--record", "missing/new", "good.wat"], b"cannot create missing/new: No such file"),
    (["inspect", "missing"], b"reprise: missing: No such file"),
    (["inspect", "good.trace"], b"good.trace: magic header not detected"),
    (["inspect", "syntax.wat"], b"syntax.wat:1:34"),
    (["wasm2wat", "good.wat"], b"good.wat: magic header not detected"),
    (["wat2wasm", "syntax.wat"], b"syntax.wat:1:34"),
    (["wat2wasm", "good.wat", "-o", "missing/new"], b"missing/new: No such file"),
    (["trace", "recover", "missing"], b"missing: No such file"),
    (["replay", "t"], b"reprise: t: this is no trace"),  # the name is in every other word
) + tuple(
    ([*command, file], says)
    for command in (["replay"], ["why"], ["debug", "--batch"], ["trace", "cat"], ["trace", "info"],
                    ["trace", "verify"], ["trace", "index"])
    for file, says in (("missing", b"missing: No such file"), ("folder", b"folder: Is a directory"),
                       ("good.wat", b"good.wat: this is no trace")))

# What can be said of them goes to standard output first.
CUT = tuple(([*command, "cut.trace"], b"cut.trace: the trace holds no session")
            for command in (["replay"], ["why"], ["debug", "--batch"], ["trace", "index"]))


def refused(suite, folder, command, says):
    before = set(os.listdir(folder))
    ended = suite.run(*command, cwd=folder)
    what = " ".join(command)
    suite.expect(ended.code == 2 and ended.out == b"", what + " is refused", ended)
    suite.expect(ended.err.startswith(b"reprise: ") and says in ended.err, what + " says why", ended)
    suite.expect(set(os.listdir(folder)) == before, what + " makes nothing")


def main():
    suite = Suite(sys.argv[1])
    folder = suite.folder("bad input")
    for name, text in (("good.wat", '(module (func (export "_start")))'), ("empty", ""),
                       ("syntax.wat", SYNTAX), ("imports.wat", IMPORTS), ("t", IMPORTS)):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    os.mkdir(os.path.join(folder, "folder"))
    recorded = suite.run("run", "--record", "good.trace", "good.wat", cwd=folder)
    suite.expect(recorded.code == 0, "recorded", recorded)
    inspected = suite.run("inspect", "good.wat", cwd=folder)
    suite.expect(inspected.code == 0 and b"exports (" in inspected.out, "text is inspected",
                 inspected)
    with open(os.path.join(folder, "good.trace"), "rb") as whole:
        with open(os.path.join(folder, "cut.trace"), "wb") as cut:
            cut.write(whole.read(130))

    for command, says in COMMAND_LINES + FILES + CUT:
        refused(suite, folder, command, says)

    for command, lists in (([], b"replay"), (["trace"], b"recover")):
        ended = suite.run(*command, cwd=folder)
        suite.expect(ended.code == 2 and b"Usage:" in ended.err and lists in ended.err,
                     "no command gives a list of them", ended)
    suite.finish()


if __name__ == "__main__":
    main()
