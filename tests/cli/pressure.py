"""A trace that nobody writes away fast enough: `--on-pressure wait` makes the guest wait, `stop` ends
the recording and lets the guest go on.

The trace goes into a pipe that is not read at first, and what is recorded is more than ring and pipe
hold together.

  pressure.py TOOL GUESTS
"""

import os
import select
import subprocess
import sys
import time

from harness import TIMEOUT, Suite

CONTENT = b"".join(b"line %d of a long file\n" % i for i in range(40000))


class Blocked:
    """A recorded run whose trace goes into a pipe that nobody reads yet."""

    def __init__(self, suite, guest, name):
        self.suite, self.guest = suite, guest
        self.folder = suite.folder(name)
        os.makedirs(os.path.join(self.folder, "granted"))
        with open(os.path.join(self.folder, "granted", "long.txt"), "wb") as file:
            file.write(CONTENT)
        self.out_path = os.path.join(self.folder, "out")
        pipe = os.path.join(self.folder, "pipe")
        os.mkfifo(pipe)
        self.pipe = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(self.pipe, True)

    def command(self, *recording):
        return [self.suite.tool, "run", *recording, "--dir", "granted::data", self.guest,
                "data/long.txt", "data/long.txt"]

    def start(self, pressure):
        self.process = subprocess.Popen(
            self.command("--record", "pipe", "--args", "full", "--on-pressure", pressure),
            cwd=self.folder, stdout=open(self.out_path, "wb"), stderr=subprocess.PIPE)

    def out(self):
        with open(self.out_path, "rb") as file:
            return file.read()

    def release(self):
        """Reads the trace to its end; gives its path."""
        trace = os.path.join(self.folder, "run.trace")
        # Before somebody writes, there would be nothing to read: an end that is none.
        select.select([self.pipe], [], [], TIMEOUT)
        with open(trace, "wb") as file:
            while piece := os.read(self.pipe, 1 << 16):
                file.write(piece)
        self.err = self.process.communicate(timeout=TIMEOUT)[1]
        return trace


def waits(suite, guest):
    run = Blocked(suite, guest, "wait")
    run.start("wait")
    time.sleep(0.3)  # however long this is, the guest does not come to its end
    suite.expect(run.process.poll() is None and len(run.out()) < 2 * len(CONTENT),
                 "the guest did not wait")
    trace = run.release()
    suite.expect(run.process.returncode == 0 and run.out() == 2 * CONTENT and run.err == b"",
                 "the run is not the plain one", run.process.returncode, run.err)
    replayed = suite.run("replay", "--check", "state", trace)
    suite.expect(replayed.code == 0 and replayed.out == 2 * CONTENT, "the trace is not whole",
                 replayed.code, replayed.err)


def stops(suite, guest):
    run = Blocked(suite, guest, "stop")
    run.start("stop")
    deadline = time.monotonic() + TIMEOUT
    while len(run.out()) < 2 * len(CONTENT) and time.monotonic() < deadline:
        time.sleep(0.01)
    suite.expect(run.out() == 2 * CONTENT, "the guest did not go on", len(run.out()))
    trace = run.release()
    suite.expect(run.process.returncode == 0, "the exit code is not the plain run's",
                 run.process.returncode)
    suite.expect(b"the recording ended early" in run.err and b"the ring was full" in run.err,
                 "does not say that the recording ended, and why", run.err)
    verified = suite.run("trace", "verify", trace)
    suite.expect(verified.code == 0, "the trace is not sound", verified)
    listed = suite.run("trace", "cat", trace)
    suite.expect(listed.code == 0 and b"the ring was full" in listed.out.splitlines()[-1],
                 "the trace does not say why it ends", listed.out[-300:], listed.err)
    replayed = suite.run("replay", trace)
    suite.expect(replayed.out and CONTENT.startswith(replayed.out[:len(CONTENT)]) and
                 len(replayed.out) < 2 * len(CONTENT),
                 "what was recorded does not replay", replayed.code, len(replayed.out), replayed.err)


def main():
    suite = Suite(sys.argv[1])
    guest = os.path.join(os.path.abspath(sys.argv[2]), "cat.wasm")
    waits(suite, guest)
    stops(suite, guest)
    suite.finish()


main()
