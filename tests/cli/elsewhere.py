"""A replay consults nothing of the machine it runs on, and does not mind another one.

Guests are recorded; then their traces are replayed

  - by another user, with a small native stack, another time zone and locale;
  - under strace: nothing is opened but the trace and what any start of the command opens, and no
    system call is made that asks for time, randomness or the network beyond what any start makes;
  - with clocks, randomness, sockets and sleep out of reach: asking kills (preload/no_world);
  - by another build of the command (REPRISE_OTHER: its path), and the other way round;
  - with the guest built anew at another level of optimization.

  elsewhere.py TOOL GUESTS PROGRAMS LIBRARY

What a tool or a right is missing for is skipped, and said.
"""

import os
import re
import resource
import shutil
import subprocess
import sys

from harness import Suite

NOBODY = 65534
# Anything that would tell a replay where or when it is.
WORLD = {"clock_gettime", "clock_getres", "gettimeofday", "time", "times", "clock_nanosleep",
         "nanosleep", "getrandom", "socket", "connect", "bind", "accept", "sendto", "recvfrom",
         "uname", "sysinfo", "getcwd", "getdents64", "inotify_init1", "timerfd_create",
         "sched_getaffinity", "getrusage", "statfs"}
OPENED = re.compile(r'\b(?:open|openat|openat2|creat)\((?:AT_FDCWD, )?"([^"]*)".*= \d+')
CALLED = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?([a-z0-9_]+)\(", re.M)


class Elsewhere:
    def __init__(self, suite, guests, programs, library):
        self.suite, self.guests, self.programs, self.library = suite, guests, programs, library
        self.records = {}
        os.chmod(suite.root, 0o755)

    def guest(self, name):
        return os.path.join(self.guests, name + ".wasm")

    def record(self, name, tool=None):
        """(trace, what the recorded run printed), of a run whose grants are gone."""
        key = name + ("" if tool is None else "-other")
        if key in self.records:
            return self.records[key]
        programs = {"tree": [self.guest("tree"), "data", "data/index"],
                    "clocks": [self.guest("clocks")],
                    "poll": [self.guest("poll")],
                    "fault": [self.guest("faults"), "divide"],
                    "component": [os.path.join(self.programs, "greet.wat")]}
        folder = self.suite.folder("recorded-" + key)
        granted = os.path.join(folder, "granted")
        os.makedirs(os.path.join(granted, "deeper"))
        for file in ("a", "deeper/b"):
            with open(os.path.join(granted, file), "w") as out:
                out.write(file * 1000)
        trace = os.path.join(folder, "run.trace")
        own, self.suite.tool = self.suite.tool, tool or self.suite.tool
        ended = self.suite.run("run", "--record", trace, "--check", "state", "--dir",
                               granted + "::data", *programs[name], stdin=b"x\n", cwd=folder)
        self.suite.tool = own
        shutil.rmtree(granted)
        ended.err = re.sub(rb"^the run was recorded; .*\n", b"", ended.err, flags=re.M)
        self.suite.expect(ended.code == (134 if name == "fault" else 0), "recording fails", ended)
        self.records[key] = (trace, ended)
        return trace, ended

    def same(self, replayed, recorded, what):
        self.suite.expect(replayed.same(recorded), what, replayed, recorded)

    def by_another_user(self):
        self.suite.folder("another-user")
        if os.geteuid() != 0:
            print("skipped: only root can become another user")
            return
        # The command may lie where others cannot go.
        tool = os.path.join(self.suite.root, "another-user", "reprise")
        shutil.copy(self.suite.tool, tool)
        os.chmod(tool, 0o755)
        own, self.suite.tool = self.suite.tool, tool

        def become_nobody():
            resource.setrlimit(resource.RLIMIT_STACK, (256 << 10, 256 << 10))
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)

        for name in NAMES:
            trace, recorded = self.record(name)
            copy = os.path.join(self.suite.root, "another-user", name + ".trace")
            shutil.copy(trace, copy)
            os.chown(copy, NOBODY, NOBODY)
            replayed = self.suite.run(
                "replay", "--check", "state", copy, cwd="/", before=become_nobody,
                env={"TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8", "HOME": "/nonexistent",
                     "USER": "nobody", "LANG": "ja_JP.eucJP"})
            self.same(replayed, recorded, "another user sees another run of " + name)
        self.suite.tool = own

    def strace(self, *arguments):
        log = os.path.join(self.suite.root, "strace.log")
        done = subprocess.run(["strace", "-f", "-o", log, self.suite.tool, *arguments],
                              capture_output=True, timeout=120,
                              env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
        with open(log) as file:
            text = file.read()
        os.remove(log)
        return done, set(OPENED.findall(text)), CALLED.findall(text)

    def under_strace(self):
        self.suite.folder("strace")
        if not shutil.which("strace"):
            print("skipped: there is no strace")
            return
        start, opened_by_start, called_by_start = self.strace("--version")
        if start.returncode != 0:
            print("skipped: strace cannot be used here: " + start.stderr.decode()[-200:])
            return
        for name in NAMES:
            trace, recorded = self.record(name)
            done, opened, called = self.strace("replay", "--check", "state", trace)
            self.suite.expect((done.returncode, done.stdout, done.stderr) ==
                              (recorded.code, recorded.out, recorded.err),
                              "a replay of %s under strace differs" % name, done, recorded)
            self.suite.expect(trace in opened, "strace saw nothing of %s" % name, opened)
            self.suite.expect(opened - opened_by_start <= {trace},
                              "a replay of %s opens more than its trace" % name,
                              opened - opened_by_start)
            asked = [call for call in called if call in WORLD]
            usual = [call for call in called_by_start if call in WORLD]
            self.suite.expect(sorted(asked) == sorted(usual),
                              "a replay of %s asks the world" % name, asked, usual)
        # That all this can fail: a run asks, and opens.
        done, opened, called = self.strace("run", self.guest("clocks"))
        self.suite.expect(self.guest("clocks") in opened, "strace misses what a run opens")

    def without_a_world(self):
        self.suite.folder("no-world")
        # A sanitizer would ask the clock when to give memory back.
        env = {"LD_PRELOAD": self.library,
               "ASAN_OPTIONS": "detect_leaks=0:allocator_release_to_os_interval_ms=-1"}
        for name in NAMES:
            trace, recorded = self.record(name)
            self.same(self.suite.run("replay", "--check", "state", trace, env=env), recorded,
                      "a replay of %s asks the world" % name)
        asking = self.suite.run("run", self.guest("clocks"), env=env)
        self.suite.expect(asking.code < 0, "a run needs no clock: the trap is none", asking)

    def by_another_build(self):
        other = os.environ.get("REPRISE_OTHER")
        if not other:
            print("skipped: no other build is named (REPRISE_OTHER)")
            return
        self.suite.folder("another-build")
        for name in NAMES:
            trace, recorded = self.record(name, tool=other)
            self.same(self.suite.run("replay", "--check", "state", trace), recorded,
                      "the trace of another build replays differently: " + name)
            trace, recorded = self.record(name)
            own, self.suite.tool = self.suite.tool, other
            self.same(self.suite.run("replay", "--check", "state", trace), recorded,
                      "another build replays differently: " + name)
            self.suite.tool = own

    def with_rebuilt_guests(self):
        folder = self.suite.folder("rebuilt")
        compiler = shutil.which("clang-19")
        if not compiler or not os.path.exists("/usr/lib/wasm32-wasi"):
            print("skipped: there is no clang-19 with wasi-libc")
            return
        for name in ("tree", "clocks", "poll"):
            trace, recorded = self.record(name)
            for level in ("-O0", "-Os", "-O3"):
                rebuilt = os.path.join(folder, name + level + ".wasm")
                source = os.path.join(self.guests, name + ".c")
                built = subprocess.run([compiler, "--target=wasm32-wasi", level, "-fuse-ld=lld",
                                        "-o", rebuilt, source], capture_output=True)
                if not self.suite.expect(built.returncode == 0, "the guest does not build",
                                         built.stderr.decode()):
                    continue
                self.same(self.suite.run("replay", "--component", rebuilt, trace), recorded,
                          "%s at %s diverges" % (name, level))


NAMES = ("tree", "clocks", "poll", "fault", "component")


def main():
    suite = Suite(sys.argv[1])
    elsewhere = Elsewhere(suite, *(os.path.abspath(path) for path in sys.argv[2:5]))
    elsewhere.by_another_user()
    elsewhere.under_strace()
    elsewhere.without_a_world()
    elsewhere.by_another_build()
    elsewhere.with_rebuilt_guests()
    suite.finish()


main()
