"""Debian's LLDB on a recorded run: it connects, stops at a source line, prints variables, steps, and
continues backwards. Skipped (exit code 77) where no LLDB knows WebAssembly.

  lldb.py TOOL EXAMPLES
"""

import os
import re
import shutil
import subprocess
import sys
import threading

from harness import TIMEOUT, Suite

SKIPPED = 77
# The first that can: earlier ones have no plug-in for WebAssembly processes.
DEBUGGERS = ("lldb-22", "lldb-23", "lldb-24")


class Served:
    """`reprise debug --gdb` on a free port, or another command that serves."""

    def __init__(self, suite, folder, *arguments, command=("debug",)):
        self.process = subprocess.Popen([suite.tool, *command, "--gdb", "0", *arguments],
                                        cwd=folder, stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.watchdog = threading.Timer(3 * TIMEOUT, self.process.kill)
        self.watchdog.start()
        self.port = int(re.search(rb"localhost:(\d+)", self.process.stderr.readline()).group(1))

    def end(self):
        code = self.process.wait(TIMEOUT)
        rest = self.process.stderr.read()
        self.watchdog.cancel()
        return code, rest


def run_lldb(debugger, served, folder, examples, commands):
    script = ["settings set plugin.process.gdb-remote.packet-timeout 60",
              "settings set target.source-map /examples/debug " + examples,
              "process connect --plugin wasm connect://localhost:%d" % served.port, *commands,
              "process detach"]
    arguments = [debugger, "--no-lldbinit", "--batch"]
    for command in script:
        arguments += ["-o", command]
    done = subprocess.run(arguments, cwd=folder, capture_output=True, timeout=2 * TIMEOUT,
                          stdin=subprocess.DEVNULL)
    return done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")


def section(output, command):
    """What LLDB printed for one command."""
    start = output.find("(lldb) " + command)
    if start < 0:
        return ""
    end = output.find("\n(lldb) ", start + 1)
    return output[start:end if end > 0 else len(output)]


def main():
    suite = Suite(sys.argv[1])
    examples = os.path.abspath(sys.argv[2])
    debugger = next((d for d in DEBUGGERS if shutil.which(d)), None)
    if not debugger:
        print("skipped: none of %s is installed (apt-get install lldb-22)" % ", ".join(DEBUGGERS))
        shutil.rmtree(suite.root, ignore_errors=True)
        sys.exit(SKIPPED)
    folder = suite.folder("recordings")
    demo = os.path.join(examples, "..", "demo")
    for name in ("orders", "meters", "grid"):
        suite.run("run", "--record", name + ".trace", os.path.join(examples, name + ".wasm"),
                  cwd=folder)
    os.mkdir(os.path.join(folder, "files"))
    for name in ("one", "two"):
        with open(os.path.join(folder, "files", name), "w") as file:
            file.write(name)
    suite.run("run", "--record", "checksum.trace", "--dir", "files::/files",
              os.path.join(demo, "checksum.wasm"), "/files", "/files/report.txt", cwd=folder)

    def session(name, arguments, commands, checks):
        suite.name = name
        served = Served(suite, folder, *arguments)
        output = run_lldb(debugger, served, folder, examples, commands)
        code, rest = served.end()
        suite.expect(code == 0, "the server ends with %s" % code, rest.decode())
        for command, wanted in checks:
            suite.expect(re.search(wanted, section(output, command)),
                         "`%s` does not show %s" % (command, wanted), output)

    session("forwards and back", ["--at", "start", "orders.trace"], [
        "breakpoint set --file orders.c --line 26", "continue", "bt", "frame variable", "next",
        "breakpoint delete 1", "breakpoint set --name set_customer", "process continue --reverse",
        "frame variable name", "process plugin packet monitor when"
    ], [
        ("breakpoint set --file", r"orders.wasm`cost|`cost"),
        ("continue", r"stop reason = breakpoint 1"),
        ("bt", r"frame #1: .*total.*orders.c:31"),
        ("frame variable", r"\(const order \*\) order = 0x"),
        ("next", r"`total.*orders.c:31"),
        ("process continue --reverse", r"set_customer"),
        ("frame variable name", r"Grace"),
        ("process plugin packet monitor", "% of the run".encode().hex()),
    ])

    # From the trap to the line that wrote the bad value.
    session("C", ["orders.trace"], [
        "frame variable *order", "watchpoint set variable order->item",
        "process continue --reverse", "up"
    ], [
        ("frame variable *order", r"item = 0x2e4a2065"),
        ("process continue --reverse", r"set_customer.* at orders.c:21"),
        ("up", r"`main.* at orders.c:41"),
    ])
    session("C++", ["meters.trace"], [
        "frame variable *this", "watchpoint set variable this->history",
        "process continue --reverse", "bt"
    ], [
        ("frame variable *this", r"history = 0x73657270"),
        ("process continue --reverse", r"stop reason = watchpoint 1"),
        ("bt", r"Panel::label\(.*text=\"pressure\"\) at meters.cpp:32"),
    ])
    session("Rust", ["grid.trace"], [
        "frame select 8", "frame variable *self", "watchpoint set variable self->cursor",
        "process continue --reverse"
    ], [
        ("frame select 8", r"grid::Row::current.* at grid.rs:18"),
        ("frame variable *self", r"\[7\] = 7007\)\s+cursor = 7008"),
        ("process continue --reverse", r"grid::Row::mark.*first=5, count=4\) at grid.rs:13"),
    ])

    # A component is several modules; what its adapters do has no source.
    session("a component", ["checksum.trace"], [
        "settings append target.source-map . " + demo, "image list",
        "breakpoint set --name checksum", "process continue --reverse", "up",
        "frame variable path", "process continue --forward"
    ], [
        ("image list", r"checksum.wasm"),
        ("image list", r"module 3"),
        ("process continue --reverse", r"checksum\(.* at checksum.c:19:16 \[inlined\]"),
        ("up", r"sums\[i\] = checksum\(path\);"),
        ("frame variable path", r"\"/files/two\""),
        ("process continue --forward", r"history boundary"),
    ])
    suite.finish()


if __name__ == "__main__":
    main()
