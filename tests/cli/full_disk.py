"""A disk that is full or broken ends the recording, and the run goes on as if nothing had happened.

Each operation on the trace's file fails once, in runs of its own: with ENOSPC and with EIO, whole
or after half of the write was made, for good or once. The run has to print what a plain one prints
and end as it does; the command has to say that the recording ended and why; and what was recorded
until then has to be recoverable from file and ring, and replay to its end. Then the same on disks
that are really full: /dev/full, a small file system (where one can be mounted), a file size limit.

  full_disk.py TOOL GUESTS LIBRARY     (REPRISE_LONG=1: every operation instead of some)
"""

import errno
import os
import re
import resource
import subprocess
import sys

from harness import Suite, long_run

CONTENT = b"".join(b"line %d of a long file\n" % i for i in range(40000))
ENDED = re.compile(rb"^reprise: the recording ended early: (.*)\n", re.M)
RING = re.compile(rb"^the ring stays until you remove it: (.*)$", re.M)


class Disk:
    def __init__(self, suite, guests, library):
        self.suite, self.library = suite, library
        self.guest = os.path.join(guests, "cat.wasm")
        self.plain = None

    def run(self, folder, trace=None, env=None, before=None):
        recording = ["--record", trace, "--args", "full"] if trace else []
        return self.suite.run("run", *recording, "--dir", "granted::data", self.guest,
                              "data/long.txt", "data/missing", "data/long.txt", cwd=folder, env=env,
                              before=before)

    def folder(self, name):
        folder = self.suite.folder(name)
        os.makedirs(os.path.join(folder, "granted"))
        with open(os.path.join(folder, "granted", "long.txt"), "wb") as file:
            file.write(CONTENT)
        return folder

    def intact(self, ended, reason):
        """The run is the plain one; the command says why the recording ended."""
        suite = self.suite
        told = ENDED.search(ended.err)
        suite.expect(told and reason in told[1], "does not say that the recording ended for %r"
                     % reason, ended.err)
        suite.expect(ended.code == self.plain.code and ended.out == self.plain.out and
                     ENDED.sub(b"", ended.err) == self.plain.err,
                     "the run is not the plain one", ended.code, len(ended.out), ended.err)

    def recoverable(self, trace):
        suite = self.suite
        recovered = trace + ".recovered"
        ended = suite.run("trace", "recover", trace, "-o", recovered)
        ring = RING.search(ended.out)
        if ring:
            os.remove(ring[1])
        if not suite.expect(ended.code == 0 and ring, "recover fails", ended):
            return
        verified = suite.run("trace", "verify", recovered)
        suite.expect(verified.code == 0 or b"is said to be embedded, but is not whole" in
                     verified.out, "what is left is not sound", verified)
        self.replays(recovered)
        os.remove(recovered)

    def replays(self, recovered, least=0):
        # The program is written first, so it may be what was cut: it is named.
        replayed = self.suite.run("replay", "--component", self.guest, recovered)
        # Only the index, which can be done without, comes after the last event.
        whole = replayed.same(self.plain)
        cut = replayed.code == 4 and b"the trace ends here" in replayed.err
        self.suite.expect((whole or cut) and self.plain.out.startswith(replayed.out) and
                          len(replayed.out) >= least,
                          "what is left does not replay to its end", replayed.code, replayed.err)

    def fail_at(self, number, code, how):
        """Whether the run got as far as this operation."""
        folder = self.folder("%s-%s-%d" % (errno.errorcode[code], how, number))
        trace, log = os.path.join(folder, "run.trace"), os.path.join(folder, "log")
        ended = self.run(folder, trace, env={
            "LD_PRELOAD": self.library, "BROKEN_DISK_PATH": "run.trace", "BROKEN_DISK_HOW": how,
            "BROKEN_DISK_AT": str(number), "BROKEN_DISK_ERRNO": str(code), "BROKEN_DISK_LOG": log})
        if not os.path.exists(log):
            self.suite.expect(ended.same(self.plain), "nothing failed, but the run differs")
            return False
        self.intact(ended, os.strerror(code).encode())
        self.recoverable(trace)
        return True

    def every_operation(self):
        step = 1 if long_run() else 5
        for code, how in ((errno.ENOSPC, "ever"), (errno.EIO, "once"), (errno.ENOSPC, "half"),
                          (errno.EIO, "half")):
            number = 1
            while self.fail_at(number, code, how):
                number += step if number > 2 else 1
            self.suite.expect(number > 10, "only %d operations" % number)
            print("%s %s: up to operation %d" % (errno.errorcode[code], how, number - 1))

    def dev_full(self):
        folder = self.folder("dev-full")
        ended = self.run(folder, "/dev/full")
        self.intact(ended, b"No space left on device")

    def size_limit(self):
        folder = self.folder("size-limit")
        trace = os.path.join(folder, "run.trace")
        ended = self.run(folder, trace, before=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (1280 << 10, 1280 << 10)))
        self.intact(ended, b"File too large")
        self.recoverable(trace)

    def small_file_system(self):
        folder = self.folder("small-file-system")
        small = os.path.join(folder, "small")
        os.makedirs(small)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", small],
                                 capture_output=True)
        if mounted.returncode != 0:
            print("skipped: no file system can be mounted here: %s" %
                  mounted.stderr.decode().strip())
            return
        try:
            trace = os.path.join(small, "run.trace")
            ended = self.run(folder, trace)
            self.intact(ended, b"No space left on device")
            elsewhere = os.path.join(folder, "run.trace")
            self.recoverable_from(trace, elsewhere)
        finally:
            subprocess.run(["umount", small])

    def recoverable_from(self, trace, elsewhere):
        """As recoverable(), but the result goes where there is room."""
        ended = self.suite.run("trace", "recover", trace, "-o", elsewhere)
        ring = RING.search(ended.out)
        if ring:
            os.remove(ring[1])
        self.suite.expect(ended.code == 0 and ring, "recover fails", ended)
        self.replays(elsewhere, least=300000)


def main():
    suite = Suite(sys.argv[1])
    disk = Disk(suite, os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3]))
    disk.plain = disk.run(disk.folder("plain"))
    suite.expect(disk.plain.code == 1 and disk.plain.out == CONTENT * 2, "the plain run fails",
                 disk.plain.code, disk.plain.err)
    disk.every_operation()
    disk.dev_full()
    disk.size_limit()
    disk.small_file_system()
    suite.finish()


main()
