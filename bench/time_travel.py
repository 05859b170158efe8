#!/usr/bin/env python3
"""What going back in time costs, on a recorded run of so many seconds.

    time_travel.py REPRISE [SECONDS [QUESTIONS]] [--brief]

Records a program that computes, stores and calls the host now and then, for about SECONDS (600) of the
interpreter's time, and then tells, in seconds of the processor,
  - what a replay costs, one that counts ticks, and one that makes an index (reprise trace index),
and in seconds by the clock
  - how long the debugger takes until one stands at the end, without the index and with it;
  - in one session, with QUESTIONS (60) random moments: to seek there, to step back from there once and
    once more; and at every fourth, to go back to a breakpoint and to ask for the last write of a word.
Medians and 95th percentiles. All in all it takes about seven times SECONDS; --brief leaves out what
counts ticks and what has no index, and takes about four times.
"""

import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

# Fills a sieve of a megabyte again and again, mixes numbers in between, and asks for the time.
GUEST = """(module
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock (param i32 i64 i32) (result i32)))
  (memory (export "memory") 32)
  (global $rounds (mut i32) (i32.const 0))
  (func $mix (param $x i32) (result i32)
    (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 13))))
    (local.set $x (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 17))))
    (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 5))))
  (func $sieve (param $step i32) (result i32) (local $i i32) (local $n i32)
    (local.set $i (local.get $step))
    (loop $next
      (i32.store8 offset=65536 (local.get $i) (local.get $step))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $next (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (local.get $step))) (i32.const 1048576))))
    (local.get $n))
  (func $round (param $seed i32) (result i32) (local $i i32)
    (loop $next
      (local.set $seed (call $mix (i32.add (local.get $seed) (local.get $i))))
      (i32.store offset=1024 (i32.and (local.get $seed) (i32.const 0x7ffc)) (local.get $i))
      (br_if $next (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))
    (i32.add (local.get $seed) (call $sieve (i32.const 3))))
  (func (export "_start") (local $seed i32)
    (local.set $seed (i32.const 1))
    (loop $next
      (drop (call $clock (i32.const 1) (i64.const 1) (i32.const 16)))
      (local.set $seed (call $round (local.get $seed)))
      (i32.store (i32.const 64) (local.get $seed))
      (global.set $rounds (i32.add (global.get $rounds) (i32.const 1)))
      (br_if $next (i32.lt_u (global.get $rounds) (i32.const ROUNDS))))
    (unreachable))
)"""


def cpu_of(command, cwd, codes=(0, 134)):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if ended.returncode not in codes:
        sys.exit(f"{command}: {ended.returncode}\n{ended.stdout.decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


class Session:
    """A debugger that is asked one thing after another."""

    TIME = re.compile(r"\b\d+:\d+:\d+\b")

    def __init__(self, reprise, trace, cwd):
        begin = time.monotonic()
        self.process = subprocess.Popen([reprise, "debug", trace], cwd=cwd, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ask("when")
        self.opened = time.monotonic() - begin

    def ask(self, command, answers_with_time=True):
        """Seconds until it was answered."""
        begin = time.monotonic()
        self.process.stdin.write(f"{command}\n{END}\n")
        self.process.stdin.flush()
        answer = ""
        for line in self.process.stdout:
            if line.startswith(f"(reprise) {END}"):
                self.process.stdout.readline()  # it is no command
                break
            answer += line
        else:
            sys.exit(f"the debugger ended at {command}:\n{answer}")
        seconds = time.monotonic() - begin
        if answers_with_time and not self.TIME.search(answer):
            sys.exit(f"{command}: {answer}")
        return seconds

    def quit(self):
        self.process.communicate("quit\n")


END = "echo-end"


def show(what, seconds):
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    print(f"{what:<34} median {statistics.median(ordered) * 1000:8.1f} ms   "
          f"95th percentile {p95 * 1000:8.1f} ms   of {len(ordered)}", flush=True)


def record(reprise, seconds, folder, brief):
    """Rounds of the program that take about so long, recorded with its ticks (not if brief) and without."""

    def guest(rounds):
        with open(os.path.join(folder, "guest.wat"), "w") as file:
            file.write(GUEST.replace("ROUNDS", str(rounds)))

    guest(200)
    rounds = max(1, int(seconds / (cpu_of([reprise, "run", "guest.wat"], folder) / 200)))
    guest(rounds)
    run = [reprise, "run", "--record"]
    recorded = cpu_of(run + ["plain.trace", "guest.wat"], folder)
    print(f"{rounds} rounds, recorded in {recorded:.1f} s", flush=True)
    if not brief:
        cpu_of(run + ["ticks.trace", "--timeout", "900m", "guest.wat"], folder)


def ask_all(session, questions):
    draw = random.Random(1)
    seeks, backs, again, breaks, writes = [], [], [], [], []
    for i in range(questions):
        seeks.append(session.ask(f"seek {draw.uniform(0, 100):.4f}%"))
        backs.append(session.ask("rsi"))
        again.append(session.ask("rsi"))
        if i % 4 == 0:
            session.ask("break sieve", answers_with_time=False)
            breaks.append(session.ask("rc"))
            session.ask("delete", answers_with_time=False)
            writes.append(session.ask("last-write 64:4"))
    show("seek", seeks)
    show("reverse step behind a seek", backs)
    show("reverse step", again)
    show("reverse-continue to a breakpoint", breaks)
    show("last-write", writes)


def main():
    brief = "--brief" in sys.argv
    given = [argument for argument in sys.argv[1:] if argument != "--brief"]
    reprise = os.path.abspath(given[0])
    seconds = float(given[1]) if len(given) > 1 else 600
    questions = int(given[2]) if len(given) > 2 else 60
    with tempfile.TemporaryDirectory() as folder:
        record(reprise, seconds, folder, brief)
        replayed = cpu_of([reprise, "replay", "plain.trace"], folder)
        print(f"replayed in {replayed:.1f} s", flush=True)
        if not brief:
            counted = cpu_of([reprise, "replay", "ticks.trace"], folder)
            print(f"counting ticks {counted / replayed:.2f} x that", flush=True)
            session = Session(reprise, "plain.trace", folder)
            session.quit()
            print(f"opened at its end without an index in {session.opened:.2f} s", flush=True)
        indexed = cpu_of([reprise, "trace", "index", "plain.trace"], folder)
        size = os.path.getsize(os.path.join(folder, "plain.trace.index"))
        print(f"indexed in {indexed / replayed:.2f} x a replay; the index has {size / 1e6:.1f} MB",
              flush=True)
        session = Session(reprise, "plain.trace", folder)
        print(f"opened at its end with the index in {session.opened:.2f} s", flush=True)
        ask_all(session, questions)
        session.quit()


if __name__ == "__main__":
    main()
