"""What a recording leaves out is not in its trace, and a replay gets along without it or with it.

  omit.py TOOL GUESTS PROGRAMS
"""

import os
import sys

from harness import Suite

SECRET = "hunter2-and-more"
PATH = "data/private-name.txt"
INPUT = b"Quarterly zebra ledger\nmauve xylophone 8841, and more\n"
OMIT = ["--omit", "env,args,stdin"]


def pieces(text):
    """Every part of `text` that is long enough to tell something."""
    return {text[i:i + 6] for i in range(len(text) - 5)}


class Case:
    def __init__(self, suite, name, program):
        self.suite, self.program = suite, program
        self.folder = suite.folder(name)
        self.trace = os.path.join(self.folder, "run.trace")
        os.makedirs(os.path.join(self.folder, "granted"))
        with open(os.path.join(self.folder, "granted", "private-name.txt"), "w") as file:
            file.write("content of the file\n")

    def record(self, *options, env=(), arguments=(), stdin=b""):
        variables = [part for variable in env for part in ("--env", variable)]
        return self.suite.run("run", "--record", self.trace, "--args", "full",
                              "--component", "ref", *options, *variables, "--dir", "granted::data", self.program, *arguments,
                              stdin=stdin, cwd=self.folder)

    def replay(self, *options, stdin=b""):
        return self.suite.run("replay", *options, self.trace, stdin=stdin, cwd=self.folder)

    def expect_absent(self, *secrets):
        with open(self.trace, "rb") as file:
            content = file.read()
        for secret in secrets:
            secret = secret if isinstance(secret, bytes) else secret.encode()
            for piece in pieces(secret):
                if not self.suite.expect(piece not in content,
                                         "%r of %r is in the trace" % (piece, secret)):
                    return

    def expect_info(self, *lines):
        ended = self.suite.run("trace", "info", self.trace)
        for line in lines:
            self.suite.expect(line in ended.out, "trace info lacks %r" % line, ended)


def printed(suite, guests):
    """A program that prints its arguments and variables, of all lengths."""
    case = Case(suite, "printed", os.path.join(guests, "hello.wasm"))
    env = ["COLOUR=" + SECRET, "PIN=42", "EMPTY=", "SAME=" + SECRET]
    arguments = [PATH, "42", "x"]
    recorded = case.record(*OMIT, env=env, arguments=arguments)
    suite.expect(recorded.code == 0 and SECRET.encode() in recorded.out, "the run fails", recorded)
    case.expect_absent(SECRET, PATH)
    case.expect_info(b"left out: the environment", b"left out: the arguments",
                     b"left out: standard input", b"replay:   possible")
    supplied = [part for variable in env for part in ("--env", variable)]
    supplied += [part for argument in arguments for part in ("--arg", argument)]
    replayed = case.replay(*supplied)
    suite.expect(replayed.same(recorded), "the replay with the values differs", recorded, replayed)
    wrong = case.replay("--env", "COLOUR=blue")
    suite.expect(wrong.code == 2 and b"the variable COLOUR had 16 bytes" in wrong.err,
                 "a value of another length is accepted", wrong)
    few = case.replay("--arg", PATH)
    suite.expect(few.code == 2 and b"had 3 arguments, and 1 are given" in few.err,
                 "too few arguments are accepted", few)


def placeholders(suite, guests):
    """Values that are only passed on need not be there at all."""
    case = Case(suite, "placeholders", os.path.join(guests, "hello.wasm"))
    recorded = case.record("--omit", "env,args", env=["COLOUR=" + SECRET], arguments=[PATH])
    replayed = case.replay()
    suite.expect(replayed.code == 0 and len(replayed.out) == len(recorded.out) and
                 b"variable: COLOUR=*" in replayed.out and SECRET.encode() not in replayed.out,
                 "a replay without the values fails", replayed)
    refused = case.replay("--check", "state")
    suite.expect(refused.code == 2 and b"--env --arg" in refused.err,
                 "states are compared that cannot be equal", refused)


def derived(suite, guests):
    """A piece of an argument, the name of a file in a directory, is no less left out."""
    case = Case(suite, "derived", os.path.join(guests, "cat.wasm"))
    recorded = case.record("--omit", "args", arguments=[PATH])
    suite.expect(recorded.out == b"content of the file\n", "the run fails", recorded)
    case.expect_absent(PATH)
    replayed = case.replay("--arg", PATH)
    suite.expect(replayed.same(recorded), "the replay with the value differs", recorded, replayed)
    without = case.replay()
    suite.expect(without.code == 3 and b"give it with --arg" in without.err,
                 "a run that depends on what is missing is not told so", without)


def standard_input(suite, guests):
    case = Case(suite, "stdin", os.path.join(guests, "cat.wasm"))
    recorded = case.record("--omit", "stdin", stdin=INPUT)
    suite.expect(recorded.out == INPUT, "the run fails", recorded)
    case.expect_absent(INPUT)
    given = os.path.join(case.folder, "input")
    with open(given, "wb") as file:
        file.write(INPUT)
    for replayed in (case.replay("--stdin", given), case.replay("--stdin", "-", stdin=INPUT)):
        suite.expect(replayed.same(recorded), "the replay with the input differs", replayed)
    without = case.replay()
    suite.expect(without.code == 3 and b"give it with --stdin" in without.err,
                 "a run that depends on what is missing is not told so", without)
    short = case.replay("--stdin", "/dev/null")
    suite.expect(short.code == 2 and b"read more of standard input" in short.err,
                 "a shorter input is accepted", short)


def component(suite, programs):
    """The same with WASI 0.2, where the rest of the input never passes the guest."""
    case = Case(suite, "component", os.path.join(programs, "secrets.wat"))
    recorded = case.record(*OMIT, env=["COLOUR=" + SECRET], arguments=[PATH], stdin=INPUT)
    expected = ("%s\n%s\n%s\n%s" % (SECRET, PATH, INPUT[:16].decode(), INPUT[16:].decode())).encode()
    suite.expect(recorded.code == 0 and recorded.out == expected, "the run fails", recorded)
    case.expect_absent(SECRET, PATH, INPUT)
    supplied = ["--env", "COLOUR=" + SECRET, "--arg", PATH, "--stdin", "-"]
    replayed = case.replay(*supplied, stdin=INPUT)
    suite.expect(replayed.same(recorded), "the replay with the values differs", recorded, replayed)


def nothing_omitted(suite, programs):
    """What a splice prints is in the trace; a replay that has everything is given nothing."""
    case = Case(suite, "whole", os.path.join(programs, "secrets.wat"))
    recorded = case.record(env=["COLOUR=" + SECRET], arguments=[PATH], stdin=INPUT)
    replayed = case.replay()
    suite.expect(replayed.same(recorded), "the replay differs", recorded, replayed)
    for option in (["--env", "A=b"], ["--arg", "a"], ["--stdin", "-"]):
        refused = case.replay(*option)
        suite.expect(refused.code == 2 and b"there is nothing to give it" in refused.err,
                     "%s is accepted" % option[0], refused)


def main():
    suite = Suite(sys.argv[1])
    guests, programs = (os.path.abspath(folder) for folder in sys.argv[2:4])
    printed(suite, guests)
    placeholders(suite, guests)
    derived(suite, guests)
    standard_input(suite, guests)
    component(suite, programs)
    nothing_omitted(suite, programs)
    suite.finish()


main()
