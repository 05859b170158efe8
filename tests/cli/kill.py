"""A recording that is killed keeps what the world has seen of it.

A guest prints numbered lines for ever; an observer counts those that arrive, and kills the process
(SIGKILL) at a random moment. What `trace recover` makes of the file and the ring has to replay to
at least the lines that were seen, and say that it ends there.

  kill.py TOOL PROGRAMS [ROUNDS [SEED]]     (REPRISE_LONG=1: 60 rounds instead of 10)
"""

import os
import random
import re
import subprocess
import sys
import time

from harness import Suite, long_run


# How it is recorded, in turn: an entry half is safe whatever becomes of it later.
OPTIONS = ((), ("--args", "digest"), ("--codec", "zstd"), ("--args", "full", "--codec", "lz4"))


def kill_one(suite, program, number, delay):
    folder = suite.folder("kill-%d" % number)
    trace = os.path.join(folder, "run.trace")
    options = OPTIONS[number % len(OPTIONS)]
    process = subprocess.Popen([suite.tool, "run", "--record", trace, *options, program],
                               stdout=subprocess.PIPE, cwd=folder)
    # The moment counts from the first line: how long the start takes is not the question.
    seen = os.read(process.stdout.fileno(), 1 << 16)
    until = time.monotonic() + delay
    while time.monotonic() < until:
        seen += os.read(process.stdout.fileno(), 1 << 16)
    process.kill()
    while more := os.read(process.stdout.fileno(), 1 << 16):
        seen += more
    process.wait()
    lines = seen.count(b"\n")
    suite.expect(lines > 0, "the guest printed nothing")

    cut = suite.run("replay", trace)
    suite.expect(cut.code in (2, 4) and b"reprise trace recover " in cut.err,
                 "the replay of what is in the file does not say where the rest is", cut)
    recovered = os.path.join(folder, "recovered.trace")
    ended = suite.run("trace", "recover", trace, "-o", recovered)
    ring = re.search(rb"^the ring stays until you remove it: (.*)$", ended.out, re.M)
    if ring:
        os.remove(ring[1])
    if not suite.expect(ended.code == 0 and ring, "recover fails", ended):
        return
    suite.expect(suite.run("trace", "verify", recovered).code == 0, "the result is not sound")
    replayed = suite.run("replay", recovered)
    suite.expect(replayed.code == 4 and b"the trace ends here" in replayed.err,
                 "the replay does not end as a cut one", replayed.code, replayed.err)
    suite.expect(replayed.out.startswith(seen),
                 "after %.3f s, %d lines were seen but %d replayed" %
                 (delay, lines, replayed.out.count(b"\n")), replayed.err)
    beyond = replayed.out.count(b"\n") - lines
    suite.expect(beyond <= 1, "%d lines replayed that nobody saw" % beyond)
    print("killed after %.3f s, %d lines" % (delay, lines))


def main():
    suite = Suite(sys.argv[1])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 60 if long_run() else 10
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.SystemRandom().randrange(1 << 32)
    print("seed %d" % seed)
    moments = random.Random(seed)
    for number in range(rounds):
        kill_one(suite, os.path.abspath(os.path.join(sys.argv[2], "acknowledged.wat")), number,
                 moments.uniform(0, 0.2))
    suite.finish()


main()
