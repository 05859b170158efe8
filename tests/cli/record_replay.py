"""Recording changes nothing, and a replay needs nothing but the trace.

Each guest runs plainly and recorded; then what it was granted is moved away and its trace is
replayed, in another folder, time zone and locale and with a small native stack. Output, exit code
and (by digest) memories have to be the same.

  record_replay.py TOOL GUESTS PROGRAMS
"""

import os
import re
import resource
import shutil
import sys

from harness import Suite

HINT = b"the run was recorded; to see it again: reprise replay"


def small_stack():
    resource.setrlimit(resource.RLIMIT_STACK, (256 << 10, 256 << 10))


def without_hint(err):
    return b"".join(line for line in err.splitlines(keepends=True) if not line.startswith(HINT))


class Case:
    def __init__(self, name, program, arguments=(), stdin=b"", code=0, out=None, err=None,
                 options=(), varies=False, recorded=()):
        self.name, self.program, self.arguments, self.stdin = name, program, arguments, stdin
        self.code, self.out, self.err = code, out, err
        self.options, self.varies, self.recorded = options, varies, recorded


def make_granted(folder):
    granted = os.path.join(folder, "granted")
    os.makedirs(os.path.join(granted, "deeper"))
    for name, text in (("a.txt", "alpha\n"), ("deeper/b.txt", "beta\n" * 3000), ("empty", "")):
        with open(os.path.join(granted, name), "w") as file:
            file.write(text)
    return granted


def check(suite, case):
    folder = suite.folder(case.name)
    grant = ["--dir", make_granted(folder) + "::data"]
    trace = os.path.join(folder, "run.trace")
    command = [*case.options, case.program, *case.arguments]

    def run(*options):
        return suite.run("run", *options, *grant, *command, stdin=case.stdin, cwd=folder)

    recorded = run("--record", trace, "--check", "state", *case.recorded)
    suite.expect(recorded.code == case.code, "exit code is not %s" % case.code, recorded)
    if case.out is not None:
        suite.expect(recorded.out == case.out, "stdout is not %r" % case.out, recorded)
    for text in case.err or ():
        suite.expect(re.search(text, recorded.err), "stderr lacks %r" % text, recorded)
    if not case.varies:
        shutil.rmtree(os.path.join(folder, "granted"))
        make_granted(folder)
        plain = run()
        suite.expect(plain.code == recorded.code and plain.out == recorded.out and
                     plain.err == without_hint(recorded.err),
                     "a recorded run differs from a plain one", plain, recorded)

    shutil.rmtree(os.path.join(folder, "granted"))
    elsewhere = os.path.join(folder, "elsewhere")
    os.makedirs(elsewhere)
    replayed = suite.run("replay", "--check", "state", trace, cwd=elsewhere, before=small_stack,
                         env={"TZ": "Asia/Kathmandu", "LC_ALL": "de_DE.UTF-8", "HOME": "/nowhere"})
    suite.expect(replayed.code == recorded.code and replayed.out == recorded.out and
                 replayed.err == without_hint(recorded.err),
                 "the replay differs from the recorded run", recorded, replayed)
    if case.code == 134:
        suite.expect(HINT in recorded.err, "no hint that the run was recorded", recorded)

    for sub in ("info", "verify"):
        ended = suite.run("trace", sub, trace)
        suite.expect(ended.code == 0, "trace %s fails" % sub, ended)
    listing = suite.run("trace", "cat", trace)
    suite.expect(listing.code == 0 and not listing.err and
                 re.search(rb"\d end ", listing.out), "trace cat fails", listing)


def cases(guests, programs):
    def guest(name):
        return os.path.join(guests, name + ".wasm")

    def program(name):
        return os.path.join(programs, name + ".wat")

    hello = dict(program=guest("hello"), arguments=("one", "two words"),
                 out=b"hello\nargument 1: one\nargument 2: two words\nvariable: COLOUR=blue\n",
                 err=(b"^2 arguments\n$",), options=("--env", "COLOUR=blue"))
    yield Case("hello", **hello)
    for name, options in (("full", ("--args", "full")), ("digest", ("--args", "digest")),
                          ("zstd", ("--codec", "zstd")), ("lz4", ("--codec", "lz4")),
                          ("reference", ("--component", "ref"))):
        yield Case("hello-" + name, recorded=options, **hello)
    beta = b"beta\n" * 3000
    for name, options in (("short", ()), ("digest", ("--args", "digest", "--codec", "zstd"))):
        yield Case("cat-" + name, guest("cat"), ("data/deeper/b.txt", "data/a.txt"),
                   out=beta + b"alpha\n", recorded=options)
    yield Case("cat-stdin", guest("cat"), stdin=b"from\0outside\n" * 2000,
               out=b"from\0outside\n" * 2000)
    yield Case("cat-missing", guest("cat"), ("data/none",), code=1, out=b"",
               err=(b"data/none: No such file",))
    yield Case("tree", guest("tree"), ("data", "data/index"), out=b"3 files\n")
    yield Case("clocks", guest("clocks"), varies=True)
    yield Case("poll", guest("poll"), stdin=b"x\n", varies=True)
    for how, code in (("return", 7), ("exit", 42), ("_Exit", 3), ("exit", 0)):
        yield Case("exit-%s-%d" % (how, code), guest("exit"), (how, str(code)), code=code,
                   out=b"" if how == "_Exit" else b"at exit\n")
    for how, message in (("divide", b"integer divide by zero"), ("unreachable", b"unreachable"),
                         ("memory", b"out of bounds memory access"), ("assert", b"unreachable"),
                         ("stack", b"(stack|out of bounds)"),
                         ("call", b"(undefined element|indirect call)")):
        yield Case("fault-" + how, guest("faults"), (how,), code=134, out=b"about to fail\n",
                   err=(b"the guest trapped: .*" + message, rb"\n  0: .*@ 0x[0-9a-f]+"))
    yield Case("component", program("greet"), out=b"hello from a component\n")
    yield Case("component-reference", program("greet"), out=b"hello from a component\n",
               recorded=("--component", "ref"))
    yield Case("component-digest", program("greet"), out=b"hello from a component\n",
               recorded=("--args", "digest", "--codec", "zstd"))
    yield Case("component-fails", program("fails"), code=1, out=b"", err=(b"^$",))


def main():
    suite = Suite(sys.argv[1])
    for case in cases(os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])):
        check(suite, case)
    suite.finish()


main()
