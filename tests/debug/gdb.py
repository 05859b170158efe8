"""GDB's remote protocol, spoken by hand: what a component's modules and memories look like in it.

  gdb.py TOOL EXAMPLES
"""

import os
import socket
import sys

from harness import TIMEOUT, Suite
from lldb import Served

# Two modules, each with a memory of its own; both write at 64, the second in between.
TWO_MEMORIES = """
(component
  (core module $Store
    (memory (export "memory") 1)
    (func $put (export "put") (param $value i32)
      (i32.store (i32.const 64) (local.get $value))))
  (core module $Main
    (import "store" "put" (func $put (param i32)))
    (memory (export "memory") 1)
    (func $write (param $value i32)
      (i32.store (i32.const 64) (local.get $value)))
    (func $run (export "run") (result i32)
      (call $put (i32.const 1))
      (call $write (i32.const 2))
      (call $put (i32.const 3))
      (i32.const 0)))
  (core instance $store (instantiate $Store))
  (core instance $main (instantiate $Main (with "store" (instance $store))))
  (alias core export $main "run" (core func $run))
  (func $run-lifted (result (result)) (canon lift (core func $run)))
  (component $Run
    (import "run" (func $run (result (result))))
    (export "run" (func $run)))
  (instance $run-instance (instantiate $Run (with "run" (func $run-lifted))))
  (export "wasi:cli/run@0.2.0" (instance $run-instance)))
"""


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("localhost", port), TIMEOUT)
        self.buffer = b""
        self.ask("QStartNoAckMode")

    def send(self, packet):
        self.socket.sendall(b"$%s#%02x" % (packet.encode(), sum(packet.encode()) % 256))

    def interrupt(self):
        self.socket.sendall(b"\x03")

    def ask(self, packet):
        self.send(packet)
        return self.answer()

    def answer(self):
        while b"#" not in self.buffer or len(self.buffer) < self.buffer.index(b"#") + 3:
            received = self.socket.recv(1 << 16)
            assert received, "the server has gone"
            self.buffer += received
        end = self.buffer.index(b"#")
        answer, self.buffer = self.buffer[:end], self.buffer[end + 3:]
        return answer.lstrip(b"+$").decode()

    def monitor(self, command):
        answer = self.ask("qRcmd," + command.encode().hex())
        return "" if answer == "OK" else bytes.fromhex(answer).decode()

    def word(self, address):
        return int.from_bytes(bytes.fromhex(self.ask("m%x,4" % address)), "little")


def main():
    suite = Suite(sys.argv[1])
    folder = suite.folder("memories")
    with open(os.path.join(folder, "two.wat"), "w") as file:
        file.write(TWO_MEMORIES)
    suite.run("run", "--record", "two.trace", "two.wat", cwd=folder)
    served = Served(suite, folder, "--at", "start", "two.trace")
    client = Client(served.port)
    libraries = client.ask("qXfer:libraries:read::0,10000")
    suite.expect(libraries.count("<library ") == 2, "not both modules are libraries", libraries)

    # In a function of one module, addresses are of that one's memory; so is what is watched there.
    client.monitor("break write")
    stop = client.ask("c")
    suite.expect("reason:breakpoint" in stop, "it does not stop in the second module", stop)
    suite.expect(client.word(64) == 0, "the memory of another module is read")
    suite.expect(client.ask("Z2,40,4") == "OK", "memory is not watched")
    stop = client.ask("c")
    suite.expect("reason:watchpoint" in stop and client.word(64) == 2,
                 "it does not stop behind the write", stop)
    stop = client.ask("c")
    suite.expect("replaylog:end" in stop, "it stops at a write to another memory", stop)
    client.monitor("delete")
    client.monitor("break put")
    client.ask("bc")
    suite.expect(client.word(64) == 1, "the memory of another module is read")
    client.ask("D")
    code, rest = served.end()
    suite.expect(code == 0, "the server ends with %s" % code, rest.decode())
    suite.finish()


if __name__ == "__main__":
    main()
