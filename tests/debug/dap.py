"""An editor's side of the Debug Adapter Protocol, over standard input and output: sessions as an
editor has them, on recordings of the examples.

  dap.py TOOL EXAMPLES
"""

import base64
import json
import os
import re
import subprocess
import sys
import threading
import time

from harness import TIMEOUT, Suite


class Client:
    def __init__(self, suite, folder, *arguments, command=("debug", "--dap")):
        self.suite = suite
        self.process = subprocess.Popen([suite.tool, *command, *arguments], cwd=folder,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.watchdog = threading.Timer(TIMEOUT, self.process.kill)
        self.watchdog.start()
        self.sequence = 0
        self.events = []
        self.passed = []  # events that nobody asked for

    def send_bytes(self, body):
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self):
        length = None
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise EOFError("the adapter has gone")
            if line == b"\r\n":
                break
            name, value = line.split(b":")
            if name == b"Content-Length":
                length = int(value)
        return json.loads(self.process.stdout.read(length))

    def request(self, command, **arguments):
        """The response; events that come before it are kept."""
        self.sequence += 1
        self.send_bytes(json.dumps({"seq": self.sequence, "type": "request", "command": command,
                                    "arguments": arguments}).encode())
        while True:
            message = self.receive()
            if message["type"] == "event":
                self.events.append(message)
                continue
            if message["request_seq"] == self.sequence:
                return message

    def body(self, command, **arguments):
        response = self.request(command, **arguments)
        self.suite.expect(response["success"], command + " fails", response)
        return response.get("body", {})

    def event(self, name):
        """The next event of that name."""
        while True:
            message = self.events.pop(0) if self.events else self.receive()
            if message["type"] == "event" and message["event"] == name:
                return message["body"]
            self.passed.append(message)

    def event_before(self, name):
        """One of that name that has come already; nothing if none has."""
        for message in self.events + self.passed:
            if message["event"] == name:
                return message["body"]
        return None

    def move(self, command, **arguments):
        """Asks for a move, and gives what `stopped` says and the innermost frame."""
        self.body(command, threadId=1, **arguments)
        stopped = self.event("stopped")
        return stopped, self.frames()[:1][0] if self.frames() else None

    def frames(self):
        return self.body("stackTrace", threadId=1)["stackFrames"]

    def variables(self, reference):
        return {v["name"]: v
                for v in self.body("variables", variablesReference=reference)["variables"]}

    def scope(self, name, frame):
        for scope in self.body("scopes", frameId=frame)["scopes"]:
            if scope["name"] == name:
                return self.variables(scope["variablesReference"])
        return {}

    def start(self, **launch):
        capabilities = self.body("initialize", adapterID="reprise", linesStartAt1=True)
        self.suite.expect(capabilities.get("supportsStepBack"), "cannot step back", capabilities)
        self.body("launch", **launch)
        self.event("initialized")

    def end(self):
        self.request("disconnect")
        self.process.stdin.close()
        code = self.process.wait(TIMEOUT)
        self.suite.expect(code == 0, "exit code is %s" % code)
        self.watchdog.cancel()


def from_the_trap_to_the_write(suite, folder, examples):
    suite.name = "from the trap to the write"
    client = Client(suite, folder)
    client.start(trace="orders.trace", sourceDirectories=[examples])
    client.body("configurationDone")
    stopped = client.event("stopped")
    suite.expect(stopped["reason"] == "exception" and "out of bounds" in stopped["text"],
                 "does not open at the trap", stopped)
    suite.expect("out of bounds" in client.body("exceptionInfo", threadId=1)["description"],
                 "the exception is not described")
    frames = client.frames()
    suite.expect(frames[0]["name"] == "cost" and frames[0]["line"] == 26 and
                 frames[0]["source"]["path"] == os.path.join(examples, "orders.c"),
                 "not the frame that traps", frames)
    order = client.scope("Arguments", frames[0]["id"])["order"]
    suite.expect(order["variablesReference"] > 0, "the order has no members", order)
    info = client.body("dataBreakpointInfo", name="order->item", frameId=frames[0]["id"])
    suite.expect(info["dataId"], "the member cannot be watched", info)
    made = client.body("setDataBreakpoints", breakpoints=[{"dataId": info["dataId"]}])
    suite.expect(made["breakpoints"][0]["verified"], "the watchpoint is refused", made)
    stopped, frame = client.move("reverseContinue")
    suite.expect(stopped["reason"] == "data breakpoint" and frame["name"] == "set_customer" and
                 frame["line"] == 21, "not where the pointer was overwritten", stopped, frame)
    name = client.body("evaluate", expression="name", frameId=frame["id"], context="hover")
    suite.expect("Katherine J." in name["result"], "the name is not seen", name)
    client.end()


def both_ways(suite, folder, examples):
    suite.name = "both ways"
    client = Client(suite, folder)
    client.start(trace="orders.trace", sourceDirectories=[examples], stopAt="start")
    source = {"path": os.path.join(examples, "orders.c")}
    made = client.body("setBreakpoints", source=source,
                       breakpoints=[{"line": 31}, {"line": 43}, {"line": 9999}])["breakpoints"]
    suite.expect([b["verified"] for b in made] == [True, True, False] and made[0]["line"] == 31,
                 "breakpoints are not verified", made)
    made = client.body("setFunctionBreakpoints",
                       breakpoints=[{"name": "cost", "condition": "order->quantity == 0"}])
    suite.expect(made["breakpoints"][0]["verified"], "the function is not found", made)
    client.body("configurationDone")
    suite.expect(client.event("stopped")["reason"] == "entry", "does not begin at the start")
    _, frame = client.move("continue")
    suite.expect(frame["line"] == 43, "does not stop at the first breakpoint", frame)
    _, frame = client.move("continue")
    suite.expect(frame["name"] == "total" and frame["line"] == 31, "nor at the second", frame)
    locals_before = client.scope("Locals", frame["id"])
    suite.expect(locals_before["i"]["value"] == "0", "locals are not shown", locals_before)
    stopped, frame = client.move("stepIn")
    suite.expect(stopped["reason"] == "step" and frame["name"] == "cost", "does not step in", frame)
    _, frame = client.move("stepOut")
    suite.expect(frame["name"] == "total", "does not step out", frame)
    client.body("setBreakpoints", source=source, breakpoints=[{"line": 43}])
    stopped, frame = client.move("continue")
    suite.expect(stopped["reason"] == "breakpoint" and frame["name"] == "cost",
                 "the condition does not hold", stopped, frame)
    quantity = client.body("evaluate", expression="order->quantity", frameId=frame["id"])
    suite.expect(quantity["result"] == "0", "the condition held too early", quantity)
    _, frame = client.move("reprise/reverseStepOut")
    suite.expect(frame["name"] == "total", "does not go back to the call", frame)
    _, frame = client.move("reverseContinue")
    suite.expect(frame["line"] == 43, "does not run back to the breakpoint", frame)
    stopped, frame = client.move("stepBack")
    suite.expect(stopped["reason"] == "step" and frame["name"] == "main" and frame["line"] < 43,
                 "does not step back", stopped, frame)
    stopped, _ = client.move("reverseContinue")
    suite.expect(stopped["reason"] == "entry", "does not end at the start", stopped)
    client.end()


def console(suite, folder, examples):
    suite.name = "console, memory, code"
    client = Client(suite, folder, "orders.trace")
    client.start(sourceDirectories=[examples])
    client.body("configurationDone")
    client.event("stopped")
    frame = client.frames()[0]
    printed = client.body("evaluate", expression="p order->quantity", context="repl")["result"]
    suite.expect(printed == "0", "the console does not print", printed)
    client.body("evaluate", expression="rn", context="repl")
    suite.expect(client.event("stopped"), "a move at the console is no stop")
    client.body("evaluate", expression="seek end", context="repl")
    client.event("stopped")
    targets = client.body("completions", text="reverse-c", column=10)["targets"]
    suite.expect([t["label"] for t in targets] == ["reverse-continue"], "no completion", targets)
    order = client.body("evaluate", expression="*order", frameId=frame["id"])
    memory = client.body("readMemory", memoryReference=order["memoryReference"], count=12)
    suite.expect(base64.b64decode(memory["data"]) == b"Katherine J.", "memory is wrong", memory)
    code = client.body("disassemble", memoryReference=frame["instructionPointerReference"],
                       instructionOffset=-2, instructionCount=5)["instructions"]
    suite.expect(len(code) == 5 and code[2]["instruction"].startswith("i32.load") and
                 code[2]["address"] == frame["instructionPointerReference"],
                 "the instruction is not shown", code)
    made = client.body("setInstructionBreakpoints",
                       breakpoints=[{"instructionReference": code[1]["address"]}])
    suite.expect(made["breakpoints"][0]["verified"], "no breakpoint at an instruction", made)
    stopped, _ = client.move("reverseContinue")
    suite.expect(stopped["reason"] == "breakpoint", "it is not reached", stopped)
    _, after = client.move("stepIn", granularity="instruction")
    suite.expect(after["instructionPointerReference"] == frame["instructionPointerReference"],
                 "an instruction is not one step", after)
    when = client.body("reprise/when")
    client.move("reprise/seek", event=0)
    client.move("reprise/seek", time=when["time"])
    suite.expect(client.body("reprise/when") == when, "seeking does not come back", when)
    events = client.body("reprise/events")["events"]
    suite.expect(any("fd_write" in e["text"] for e in events), "no calls are listed", events)
    written = client.body("reprise/lastWrite", expression="order->item")["text"]
    suite.expect("set_customer" in written, "who wrote it is not told", written)
    suite.expect(client.body("modules")["totalModules"] == 1, "not one module")
    sources = client.body("loadedSources")["sources"]
    suite.expect(sources[0]["name"] == "orders.c", "not the source", sources)
    client.end()


class Recorded:
    """A guest that copies its input to its output, while it is recorded."""

    def __init__(self, suite, folder, guest):
        self.suite, self.folder = suite, folder
        self.process = subprocess.Popen([suite.tool, "run", "--record", "cat.trace", guest],
                                        cwd=folder, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.watchdog = threading.Timer(TIMEOUT, self.process.kill)
        self.watchdog.start()

    def say(self, line):
        """Until the trace's file has it."""
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()
        written = re.compile(rb"fd_write.*\"%s\\n\"" % line)
        while self.process.poll() is None:
            if written.search(self.suite.run("trace", "cat", "cat.trace", cwd=self.folder).out):
                return
            time.sleep(0.02)

    def end(self):
        self.process.stdin.close()
        out = self.process.stdout.read()
        code = self.process.wait(TIMEOUT)
        self.watchdog.cancel()
        return code, out


def event_of(when):
    return int(when["time"].split(":")[0])


def attached(suite, folder, guests):
    suite.name = "attached"
    recorded = Recorded(suite, folder, os.path.join(guests, "cat.wasm"))
    recorded.say(b"one")
    client = Client(suite, folder)
    client.body("initialize", linesStartAt1=True)
    for refused in ({}, {"run": ["cat.wasm"]}, {"trace": "cat.trace", "run": ["cat.wasm"]}):
        suite.expect(not client.request("attach", **refused)["success"], "attaches", refused)
    client.body("attach", trace="cat.trace")
    client.event("initialized")
    stopped, _ = client.move("configurationDone")
    suite.expect(stopped["reason"] == "pause" and "goes on" in stopped["description"],
                 "a recording that goes on has an end", stopped)
    first = client.body("reprise/when")
    stopped, _ = client.move("stepBack", granularity="instruction")
    suite.expect(stopped["reason"] == "step", "it does not step back", stopped)
    client.body("evaluate", expression="catch fd_write two", context="repl")
    recorded.say(b"two")
    recorded.say(b"three")
    stopped, _ = client.move("continue")
    suite.expect(stopped["reason"] == "breakpoint", "a call that was made since is not found", stopped)
    stopped, _ = client.move("continue")
    second = client.body("reprise/when")
    suite.expect("goes on" in stopped.get("description", "") and event_of(second) > event_of(first),
                 "what was recorded since is not seen", stopped, first, second)
    client.end()
    suite.expect(recorded.process.poll() is None, "the run ends with the debugger")
    client = Client(suite, folder)
    client.body("initialize", linesStartAt1=True)
    client.body("attach", trace="cat.trace", stopAt="start")
    client.event("initialized")
    client.move("configurationDone")
    code, out = recorded.end()
    suite.expect(code == 0 and out == b"one\ntwo\nthree\n", "the run was disturbed", code, out)
    stopped, _ = client.move("continue")
    suite.expect(stopped.get("description") == "the end of the recording", "not the end", stopped)
    client.end()


def nonsense(suite, folder):
    suite.name = "nonsense"
    client = Client(suite, folder)
    suite.expect(not client.request("stackTrace")["success"], "answers before there is a run")
    suite.expect(not client.request("launch", trace="no.trace")["success"], "opens what is not there")
    client.body("launch", trace="orders.trace")
    for command, arguments in (
            ("fly", {}), ("scopes", {"frameId": -1}), ("variables", {"variablesReference": 1 << 62}),
            ("evaluate", {"expression": "((((", "frameId": 99}), ("readMemory", {}),
            ("disassemble", {"memoryReference": "0xffffffffffffffff"}),
            ("reprise/seek", {"time": "yesterday"}), ("setBreakpoints", {"source": 3})):
        suite.expect(not client.request(command, **arguments)["success"],
                     "takes %s %s" % (command, arguments))
    for body in (b"[]", b"{", b"null", b'{"type": "event"}', b'{"type": "request"}', b"\xff" * 9):
        client.send_bytes(body)
    suite.expect(client.body("threads")["threads"], "does not live on")
    client.end()


def main():
    suite = Suite(sys.argv[1])
    examples = os.path.abspath(sys.argv[2])
    folder = suite.folder("recordings")
    suite.run("run", "--record", "orders.trace", os.path.join(examples, "orders.wasm"), cwd=folder)
    from_the_trap_to_the_write(suite, folder, examples)
    both_ways(suite, folder, examples)
    console(suite, folder, examples)
    attached(suite, folder, os.path.join(examples, "..", "..", "tests", "guests"))
    nonsense(suite, folder)
    suite.finish()


if __name__ == "__main__":
    main()
