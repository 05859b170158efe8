"""Runs that are debugged while they go on: forwards, back into what they have recorded, forwards
again to where they have come to, and beyond. What a live session shows of a moment is what a
session on its recording shows of it.

  live.py TOOL EXAMPLES FOLDER [--bless]
"""

import base64
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import gdb
from dap import Client
from harness import TIMEOUT, Suite
from lldb import DEBUGGERS, Served, run_lldb, section
from transcripts import compare

# Says that it has begun, and counts for ever.
SPINS = """
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "counting\\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 9))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (loop $again
      (i64.store (i32.const 32) (i64.add (i64.load (i32.const 32)) (i64.const 1)))
      (br $again))))
"""

STOPS = {
    "orders": ["break set_customer", "break cost", "watch 0x108c8:4", "watch 0x108b0:4"],
    "meters": ["break Meter::record", "break Panel::sum", "watch 0x115a0:4", "catch fd_write"],
    "grid": ["break mark", "watch 0xfff28:4", "catch fd_write"],
}

TIME = re.compile(r"^(\d+:\d+:\d+)", re.MULTILINE)


def live(suite, folder, commands, program, *arguments, options=(), stdin=b""):
    asked = []
    for command in commands:
        asked += ["--ex", command]
    return suite.run("run", "--debug", "--record", "live.trace", "--batch", *options, *asked, program,
                     *arguments, cwd=folder, stdin=stdin)


def answers(output):
    """[(command, what it printed)]"""
    parts = re.split(r"^\(reprise\) (.*)\n", output, flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2]))


def guest_only(answer):
    """A backtrace without what the host does: before a call and in it are one time."""
    command, text = answer
    return command, re.sub(r"#\d+ +", "", re.sub(r".*\(host\)\n", "", text))


class Sessions:
    def __init__(self, suite, examples, here, bless):
        self.suite, self.examples, self.here, self.bless = suite, examples, here, bless

    def example(self, name):
        return os.path.join(self.examples, name + ".wasm")

    def transcript(self):
        """Stops, steps, goes back, and forwards again beyond where the run had come to."""
        folder = self.suite.folder("transcript")
        ended = live(self.suite, folder, [
            "when", "break set_customer", "c", "bt", "n", "n", "info locals", "when", "rs", "rs",
            "info locals", "rc", "c", "when", "s", "when", "c", "catch fd_write", "c", "bt 3", "rc",
            "info breakpoints", "delete", "c", "p *order", "watch order->item", "rc", "up",
            "events 0 5"], self.example("orders"), options=("--source", self.examples))
        self.suite.expect(ended.code == 0, "the session fails", ended)
        self.suite.expect(b"reprise debug live.trace" in ended.err, "the trace is not named", ended)
        compare(self.suite, os.path.join(self.here, "golden", "live.txt"),
                ended.out.decode().replace(self.examples, "EXAMPLES"), self.bless)
        replayed = self.suite.run("replay", "--check", "state", "live.trace", cwd=folder)
        self.suite.expect(replayed.code == 134 and replayed.out == b"adding up\n",
                          "what was recorded is not what ran", replayed)

    def fault(self):
        """From the trap of a run that goes on to the line that wrote the bad value; it is shown in
        docs/debugging.md."""
        folder = self.suite.folder("fault")
        ended = live(self.suite, folder, [
            "break cost", "c", "c", "when", "delete 1", "watch order->item", "rc", "when", "delete 2",
            "c"], self.example("orders"), options=("--source", self.examples))
        self.suite.expect(ended.code == 0, "the session fails", ended)
        compare(self.suite, os.path.join(self.here, "golden", "live_fault.txt"),
                ended.out.decode().replace(self.examples, "EXAMPLES"), self.bless)

    def same_states(self):
        """Each moment of a live session is the same in its recording."""
        looks = ["bt", "info locals", "info wasm", "info globals"]
        demo = os.path.join(self.examples, "..", "demo", "checksum.wasm")
        for name, place, program in (("orders", "cost", [self.example("orders")]),
                                     ("meters", "main", [self.example("meters")]),
                                     ("grid", "main", [self.example("grid")]),
                                     ("component", "checksum", [demo, "/files", "/files/report"])):
            folder = self.suite.folder("states-" + name)
            os.mkdir(os.path.join(folder, "files"))
            with open(os.path.join(folder, "files", "one"), "w") as file:
                file.write("one\n")
            moves = ["c", "s", "n", "si", "rsi", "rs", "rs", "s", "s", "si", "n",
                     "n", "fin", "s", "rfin", "n", "s"]
            commands = ["break " + place]
            for move in moves:
                commands += [move, "when"] + looks
            ended = live(self.suite, folder, commands, *program,
                         options=("--dir", "files::/files"))
            self.suite.expect(ended.code == 0, "the session fails", ended)
            told = answers(ended.out.decode())
            whens = [i for i, (command, _) in enumerate(told) if command == "when"]
            self.suite.expect(len(whens) == len(moves), "not all commands ran", ended)
            asked, wanted = [], []
            for i in whens:
                asked += ["--ex", "seek " + TIME.search(told[i][1]).group(1)]
                for look in looks:
                    asked += ["--ex", look]
                wanted += told[i + 1:i + 1 + len(looks)]
            replayed = self.suite.run("debug", "--batch", *asked, "live.trace", cwd=folder)
            seen = [one for one in answers(replayed.out.decode()) if one[0] in looks]
            self.suite.expect(replayed.code == 0 and seen == wanted,
                              "a moment is another in the recording",
                              "\n".join(str(pair) for pair in zip(wanted, seen)
                                        if pair[0] != pair[1]), replayed)

    def walks(self):
        """Wherever a live session wanders, its recording looks the same from there."""
        looks = ["bt", "info locals", "info globals", "x/16 0x10800"]
        moves = ["c", "c", "s", "s", "n", "n", "si", "fin", "rc", "rs", "rn", "rsi", "rfin"]
        for name, stops in STOPS.items():
            for seed in range(10 if "REPRISE_LONG" in os.environ else 1):
                walk = random.Random("%s %d" % (name, seed))
                folder = self.suite.folder("walk-%s-%d" % (name, seed))
                asked = ["--ex", stops[0]]
                for _ in range(30):
                    move = walk.choice(stops + ["delete"] if walk.random() < 0.1 else moves)
                    for command in [move, "when", *looks]:
                        asked += ["--ex", command]
                ended = self.suite.run("run", "--debug", "--record", "live.trace", *asked,
                                       self.example(name), cwd=folder)
                self.suite.expect(ended.code == 0, "the session fails", ended)
                told = answers(ended.out.decode())
                asked, wanted = [], []
                for i, (command, answer) in enumerate(told):
                    if command == "when":
                        asked += ["--ex", "seek " + TIME.search(answer).group(1)]
                        for look in looks:
                            asked += ["--ex", look]
                        wanted += told[i + 1:i + 1 + len(looks)]
                replayed = self.suite.run("debug", *asked, "live.trace", cwd=folder)
                seen = [one for one in answers(replayed.out.decode()) if one[0] in looks]
                seen, wanted = list(map(guest_only, seen)), list(map(guest_only, wanted))
                differences = "\n".join(str(pair) for pair in zip(wanted, seen)
                                        if pair[0] != pair[1])
                self.suite.expect(seen == wanted, "a moment is another in the recording",
                                  differences, ended, replayed)

    def forwards(self):
        """Going forward only, it stops where the same commands stop in its recording."""
        moves = ["c", "c", "c", "s", "n", "si", "fin"]
        for name, stops in STOPS.items():
            for seed in range(10 if "REPRISE_LONG" in os.environ else 1):
                walk = random.Random("%s forwards %d" % (name, seed))
                folder = self.suite.folder("forwards-%s-%d" % (name, seed))
                asked = ["--ex", "si"]
                for _ in range(25):
                    asked += ["--ex", walk.choice(stops if walk.random() < 0.2 else moves)]
                ended = self.suite.run("run", "--debug", "--record", "live.trace", *asked,
                                       self.example(name), cwd=folder)
                replayed = self.suite.run("debug", "--at", "start", *asked, "live.trace",
                                          cwd=folder)
                times, wanted = ([(command, TIME.findall(answer)) for command, answer
                                  in answers(one.out.decode())] for one in (ended, replayed))
                self.suite.expect(times == wanted, "it stops elsewhere",
                                  "\n".join(str(pair) for pair in zip(times, wanted)
                                            if pair[0] != pair[1]), ended, replayed)

    def left(self):
        """A session that is left before the run ends leaves a trace that can be debugged."""
        folder = self.suite.folder("left")
        ended = live(self.suite, folder, ["break cost", "c"], self.example("orders"))
        self.suite.expect(ended.code == 0, "the session fails", ended)
        again = self.suite.run("debug", "--batch", "--ex", "rs", "--ex", "when", "live.trace",
                               cwd=folder)
        self.suite.expect(again.code == 0 and b"cut short" in again.out,
                          "what was recorded cannot be debugged", again)
        ended = self.suite.run("run", "--debug", "--batch", "--ex", "c", self.example("orders"),
                               cwd=folder, env={"TMPDIR": folder})
        named = re.search(rb"reprise debug (\S+)", ended.err)
        self.suite.expect(named and os.path.exists(named.group(1).decode()),
                          "no recording was kept", ended)
        ended = self.suite.run("run", "--debug", "--discard", "--batch", "--ex", "c",
                               self.example("orders"), cwd=folder, env={"TMPDIR": folder + "/none"})
        self.suite.expect(ended.code == 2, "a folder that is not there is no error", ended)
        os.mkdir(folder + "/none")
        ended = self.suite.run("run", "--debug", "--discard", "--batch", "--ex", "c", "--ex", "rs",
                               self.example("orders"), cwd=folder, env={"TMPDIR": folder + "/none"})
        self.suite.expect(ended.code == 0 and os.listdir(folder + "/none") == [],
                          "the recording was not discarded", ended)

    def input(self):
        """The guest reads standard input; Ctrl-C stops it where it waits."""
        guests = os.path.join(os.path.dirname(self.examples), "..", "tests", "guests")
        folder = self.suite.folder("input")
        ended = live(self.suite, folder, ["catch fd_read", "c", "c", "rc", "c", "c", "c"],
                     os.path.join(guests, "cat.wasm"), stdin=b"one line\n")
        self.suite.expect(ended.code == 0 and ended.out.count(b"one line") == 1,
                          "input does not arrive, or more than once", ended)
        process = subprocess.Popen(
            [self.suite.tool, "run", "--debug", "--record", "wait.trace", "--batch", "--ex", "c",
             "--ex", "bt", "--ex", "when", "--ex", "rsi", "--ex", "when", "--ex", "c", "--ex", "c",
             "--ex", "when", os.path.join(guests, "cat.wasm")], cwd=folder, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        watchdog = threading.Timer(TIMEOUT, process.kill)
        watchdog.start()
        seen = b""
        while b"(reprise) c\n" not in seen:
            seen += process.stdout.readline()
        while not waits(process.pid):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        while b"rsi" not in seen:  # it has stopped, and goes back
            seen += process.stdout.readline()
        # The last `c` waits again: for this.
        out, err = process.communicate(b"late\n")
        watchdog.cancel()
        seen += out
        self.suite.expect(process.returncode == 0 and b"interrupted" in seen and
                          seen.count(b"late\n") == 1 and b"the guest exits" not in err,
                          "a guest that waits is not interrupted", seen.decode(), err.decode())

    def editor(self):
        """A run that the command names, and one that the editor does."""
        folder = self.suite.folder("editor")
        client = Client(self.suite, folder, "--record", "dap.trace", "--dap", "--source",
                        self.examples, self.example("orders"), command=("run", "--debug"))
        client.body("initialize", linesStartAt1=True)
        client.body("launch")
        self.edit(client)
        client = Client(self.suite, folder)
        client.body("initialize", linesStartAt1=True)
        for refused in (["--timeout", "1s", "orders.wasm"], ["--frobnicate"], ["none.wasm"]):
            answer = client.request("launch", run=refused)
            self.suite.expect(not answer["success"], "it runs", refused)
        client.body("launch", sourceDirectories=[self.examples],
                    run=["--record", "told.trace", "--codec", "zstd", self.example("orders")])
        self.edit(client)
        again = self.suite.run("replay", "told.trace", cwd=folder)
        self.suite.expect(again.code == 134, "what was recorded is not what ran", again)

    def edit(self, client):
        client.event("initialized")
        source = {"path": os.path.join(self.examples, "orders.c")}
        client.body("setBreakpoints", source=source, breakpoints=[{"line": 26}])
        stopped, frame = client.move("configurationDone")
        self.suite.expect(stopped["reason"] == "breakpoint" and frame["line"] == 26,
                          "it does not stop where it was told", stopped, frame)
        said = client.event_before("output")
        self.suite.expect(said and said["output"] == "adding up\n", "the guest's output is lost",
                          said)
        _, frame = client.move("stepBack")
        self.suite.expect(frame["line"] != 26, "it does not step back", frame)
        stopped, frame = client.move("continue")
        self.suite.expect(stopped["reason"] == "breakpoint" and frame["line"] == 26,
                          "it does not come back to where it was", stopped, frame)
        stopped, _ = client.move("continue")
        stopped, _ = client.move("continue")
        self.suite.expect(stopped["reason"] == "exception", "it does not go on to the trap", stopped)
        client.end()

    def endless(self):
        """A guest that computes for ever is stopped by an editor, and by a client of GDB's."""
        folder = self.suite.folder("endless")
        with open(os.path.join(folder, "spins.wat"), "w") as file:
            file.write(SPINS)
        client = Client(self.suite, folder, "--record", "dap.trace", "--dap", "spins.wat",
                        command=("run", "--debug"))
        client.body("initialize", linesStartAt1=True)
        client.body("launch")
        client.event("initialized")
        client.body("configurationDone")
        client.event("output")  # so it runs
        counts = []
        for _ in range(2):
            client.body("pause")
            stopped = client.event("stopped")
            counts.append(self.count(client))
            self.suite.expect(stopped["reason"] == "pause", "it does not pause", stopped)
            client.move("stepBack", granularity="instruction")
            client.body("continue", threadId=1)
            while not computes(client.process.pid):
                time.sleep(0.01)
        client.body("pause")
        client.event("stopped")
        counts.append(self.count(client))
        self.suite.expect(0 < counts[0] < counts[1] < counts[2], "it does not go on", counts)
        client.end()

        served = Served(self.suite, folder, "--record", "gdb.trace", "spins.wat",
                        command=("run", "--debug"))
        client = gdb.Client(served.port)
        for _ in range(2):
            client.send("c")
            while not computes(served.process.pid):
                time.sleep(0.01)
            client.interrupt()
            stop = client.answer()
            self.suite.expect(stop.startswith("T02"), "it is not interrupted", stop)
            before = client.word(0x20)
            self.suite.expect("reason:trace" in client.ask("bs"), "it does not step back")
            stop = client.ask("s")
            self.suite.expect("reason:trace" in stop and client.word(0x20) == before,
                              "it does not come back", stop)
        client.ask("D")
        code, rest = served.end()
        self.suite.expect(code == 0, "the server ends with %s" % code, rest.decode())

    def count(self, client):
        return int.from_bytes(base64.b64decode(
            client.body("readMemory", memoryReference="0x20", count=8)["data"]), "little")

    def lldb(self):
        debugger = next((d for d in DEBUGGERS if shutil.which(d)), None)
        if not debugger:
            print("lldb: skipped, there is none that knows WebAssembly")
            return
        folder = self.suite.folder("lldb")
        served = Served(self.suite, folder, "--record", "lldb.trace", self.example("orders"),
                        command=("run", "--debug"))
        output = run_lldb(debugger, served, folder, self.examples, [
            "breakpoint set --file orders.c --line 26", "continue", "frame variable", "next",
            "process continue --reverse", "thread info", "process continue --forward", "continue"])
        code, rest = served.end()
        self.suite.expect(code == 0, "the server ends with %s" % code, rest.decode())
        for command, wanted in (("continue", r"stop reason = breakpoint 1"),
                                ("frame variable", r"\(const order \*\) order = 0x"),
                                ("process continue --reverse", r"cost.*orders.c:26"),
                                ("process continue --forward", r"cost.*orders.c:26"),
                            ("", r"stop reason = out of bounds memory access")):
            self.suite.expect(re.search(wanted, section(output, command) if command else output),
                              "`%s` does not show %s" % (command, wanted), output)


def computes(pid):
    """The process uses its processor."""
    def ticks():
        with open("/proc/%d/stat" % pid) as file:
            return int(file.read().rsplit(")", 1)[1].split()[11])
    before = ticks()
    time.sleep(0.05)
    return ticks() > before


def waits(pid):
    """The process sleeps."""
    with open("/proc/%d/stat" % pid) as file:
        return file.read().rsplit(")", 1)[1].split()[0] == "S"


def main():
    suite = Suite(sys.argv[1])
    sessions = Sessions(suite, os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3]),
                        "--bless" in sys.argv)
    sessions.transcript()
    sessions.fault()
    sessions.same_states()
    sessions.walks()
    sessions.forwards()
    sessions.left()
    sessions.input()
    sessions.editor()
    sessions.endless()
    sessions.lldb()
    suite.finish()


if __name__ == "__main__":
    main()
