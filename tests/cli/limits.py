"""Guests that loop, wait or ask without end: they are stopped, and replays stop where they did.

  limits.py TOOL
"""

import os
import sys
import time

from harness import Suite

WASI = '(import "wasi_snapshot_preview1" "%s" (func $%s (param %s) (result i32)))'

# Counts in memory, so that how far it got is part of the state.
COUNTING = """(module
  (memory (export "memory") 1)
  (func (export "_start")
    (loop
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (br 0))))"""

RECURSION = """(module
  (memory (export "memory") 1)
  (func $again (param i32)
    (i32.store (i32.const 0) (local.get 0))
    (return_call $again (i32.add (local.get 0) (i32.const 1))))
  (func (export "_start") (call $again (i32.const 0))))"""

THROWING = """(module
  (memory (export "memory") 1)
  (tag $t)
  (func (export "_start")
    (loop
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (try_table (catch $t 0) (throw $t)))))"""

CALLING = """(module
  %s
  (memory (export "memory") 1)
  (func (export "_start")
    (loop
      (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 8)))
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (br 0))))""" % (WASI % ("clock_time_get", "clock_time_get", "i32 i64 i32"))

# One subscription to the monotonic clock, an hour from now.
WAITING = """(module
  %s
  (memory (export "memory") 1)
  (data (i32.const 16) "\\01")
  (func (export "_start")
    (i64.store (i32.const 24) (i64.const 3600000000000))
    (drop (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))
    unreachable))""" % (WASI % ("poll_oneoff", "poll_oneoff", "i32 i32 i32 i32"))

# Waits in its memory: for so many nanoseconds, or (a negative number) until somebody notifies.
ASLEEP = """(module
  (memory (export "memory") 1 1 shared)
  (func (export "_start")
    (i32.store (i32.const 8)
      (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const %d)))))"""

# The host's arguments are lowered into memory that realloc never finds.
REALLOC = """(component
  (import "wasi:cli/environment@0.2.0" (instance $environment
    (export "get-arguments" (func (result (list string))))))
  (core module $memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (loop
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
        (br 0))
      unreachable))
  (core instance $m (instantiate $memory))
  (core func $arguments (canon lower (func $environment "get-arguments")
    (memory $m "memory") (realloc (core func $m "realloc"))))
  (core module $main
    (import "" "arguments" (func $arguments (param i32)))
    (func (export "run") (result i32) (call $arguments (i32.const 16)) (i32.const 0)))
  (core instance $i (instantiate $main (with "" (instance (export "arguments" (func $arguments))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $cli (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $cli)))"""

GREEDY = """(module
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (func (export "_start")
    (loop
      (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (loop
      (br_if 0 (i32.ne (table.grow $t (ref.null func) (i32.const 100)) (i32.const -1))))
    (i32.store (i32.const 0) (memory.size))
    (i32.store (i32.const 4) (table.size $t))
    (if (i32.ne (memory.size) (i32.const 3)) (then unreachable))))"""

DEEP = """(module
  (memory (export "memory") 1)
  (func $down
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
    (call $down))
  (func (export "_start") (call $down)))"""


def record_and_replay(suite, name, text, *options, code=134, says=b"", args=()):
    folder = suite.folder(name)
    program = os.path.join(folder, "program.wat")
    trace = os.path.join(folder, "run.trace")
    with open(program, "w") as file:
        file.write(text)
    live = suite.run("run", *options, "--record", trace, "--check", "state", program, *args)
    suite.expect(live.code == code, "the run ends with %s" % code, live)
    suite.expect(says in live.err, "the run says %r" % says, live)
    suite.expect(b"no faithful one" not in live.err, "the recording is faithful", live)
    replayed = suite.run("replay", "--check", "state", trace)
    suite.expect(replayed.code == live.code, "the replay ends as the run did", replayed, live)
    note = [line for line in live.err.split(b"\n") if b"the run was recorded" not in line]
    suite.expect(replayed.err.split(b"\n") == note, "the replay stops at the same place", replayed,
                 live)
    return live


def stopped(suite):
    over = b"interrupted: the time that was allowed is over"
    timeout = ("--timeout", "120ms")
    for name, text in (("counting", COUNTING), ("recursion", RECURSION), ("throwing", THROWING),
                       ("calling", CALLING), ("waiting", WAITING), ("asleep", ASLEEP % -1)):
        record_and_replay(suite, name, text, *timeout, says=over)
    record_and_replay(suite, "realloc", REALLOC, *timeout, says=over, args=("some", "words"))
    for name, text in (("counting", COUNTING), ("recursion", RECURSION), ("throwing", THROWING),
                       ("calling", CALLING)):
        record_and_replay(suite, name + "-fuel", text, "--fuel", "100000",
                          says=b"all fuel consumed")
    record_and_replay(suite, "realloc-fuel", REALLOC, "--fuel", "100000",
                      says=b"all fuel consumed", args=("some", "words"))


def refused(suite):
    record_and_replay(suite, "greedy", GREEDY, "--limit", "memory-bytes=192K", "--limit",
                      "table-elements=1000", code=0)
    record_and_replay(suite, "greedy-total", GREEDY, "--limit", "total-memory-bytes=192K", "--limit",
                      "total-table-elements=1000", code=0)
    record_and_replay(suite, "deep", DEEP, "--limit", "stack-slots=5000",
                      says=b"call stack exhausted")


def enough(suite):
    """Time and fuel that suffice change nothing."""
    text = COUNTING.replace("(br 0)", "(br_if 0 (i32.lt_u (i32.load (i32.const 0)) (i32.const 9)))")
    record_and_replay(suite, "enough", text, "--timeout", "1m", "--fuel", "1000", code=0)


def sleeping(suite):
    begun = time.monotonic()
    record_and_replay(suite, "sleeping", ASLEEP % 150_000_000, code=0)
    suite.expect(time.monotonic() - begun > 0.15, "an atomic wait takes its time")


def nonsense(suite):
    folder = suite.folder("nonsense")
    program = os.path.join(folder, "program.wat")
    with open(program, "w") as file:
        file.write("(module (func (export \"_start\")))")
    for option, value, says in (("--timeout", "5", b"--timeout wants"),
                                ("--timeout", "-1s", b"--timeout wants"),
                                ("--limit", "elephants=3", b"there is no limit 'elephants'"),
                                ("--limit", "memory-bytes", b"--limit wants"),
                                ("--limit", "memories=5G", b"cannot be")):
        ended = suite.run("run", option + "=" + value, program)
        suite.expect(ended.code == 2 and says in ended.err, "%s %s" % (option, value), ended)


if __name__ == "__main__":
    SUITE = Suite(sys.argv[1])
    stopped(SUITE)
    refused(SUITE)
    enough(SUITE)
    sleeping(SUITE)
    nonsense(SUITE)
    SUITE.finish()
