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
    suite.run("run", "--record", "orders.trace", os.path.join(examples, "orders.wasm"), cwd=folder)

    suite.name = "forwards and back"
    served = Served(suite, folder, "--at", "start", "orders.trace")
    output = run_lldb(debugger, served, folder, examples, [
        "breakpoint set --file orders.c --line 26", "continue", "bt", "frame variable",
        "next", "breakpoint delete 1", "breakpoint set --name set_customer", "process continue --reverse", "frame variable name",
        "process plugin packet monitor when"])
    code, rest = served.end()
    suite.expect(code == 0, "the server ends with %s" % code, rest.decode())
    checks = (
        ("breakpoint set --file", r"orders.wasm`cost|`cost"),
        ("continue", r"stop reason = breakpoint 1"),
        ("bt", r"frame #1: .*total.*orders.c:31"),
        ("frame variable", r"\(const order \*\) order = 0x"),
        ("next", r"`total.*orders.c:31"),
        ("process continue --reverse", r"set_customer"),
        ("frame variable name", r"Grace"),
        ("process plugin packet monitor", "% of the run".encode().hex()),
    )
    for command, wanted in checks:
        part = section(output, command)
        suite.expect(re.search(wanted, part), "`%s` does not show %s" % (command, wanted), output)
    suite.finish()


if __name__ == "__main__":
    main()
