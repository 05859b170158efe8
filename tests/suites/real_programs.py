#!/usr/bin/env python3
"""Runs, records and replays real programs, big ones too, made by other people's tools.

    real_programs.py REPRISE WORK [NAME…]

WORK is a folder outside this tree, where tools and programs are fetched and built; what is there
already is used again. What a tool is missing for is skipped, with the reason.

Each program runs plainly, recorded, and replayed with what it was granted gone. A trace keeps only
digests of arguments here, so that it holds nothing of what was printed: the replay's output is the
guest's own. Output, exit code and final state have to be the same; the first output has to come in
less than a second. Prints a table of what that took.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SYSROOT = "/usr/lib/wasm32-wasi"
TIMEOUT = 600
FIRST_OUTPUT = 1.0  # seconds

VERILOG = """module top(input clk, input [7:0] a, input [7:0] b, output reg [7:0] sum);
  always @(posedge clk) sum <= a * b + {b[3:0], a[7:4]};
endmodule
"""
C_SOURCE = """#include <stdio.h>
#include <stdlib.h>
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(int argc, char **argv) {
  int values[100];
  for (int i = 0; i < 100; ++i) values[i] = i * 7919 % 101 + argc;
  qsort(values, 100, sizeof *values, compare);
  for (int i = 0; i < 100; ++i) printf("%d %s\\n", values[i], argv[0]);
  return 0;
}
"""
WIT = "package local:demo;\nworld demo { include wasi:cli/command@0.2.12; }\n"


class Missing(Exception):
    pass


def call(*command, cwd=None, env=None):
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=env, capture_output=True)
    if done.returncode != 0:
        text = (done.stderr + done.stdout).decode(errors="replace").strip()
        raise Missing(f"{command[0]}: {text[-300:]}")


def need(tool):
    found = shutil.which(tool)
    if not found:
        raise Missing(f"there is no {tool}")
    return found


class Workshop:
    """Fetches tools into WORK and builds programs with them."""

    def __init__(self, work):
        self.work = work
        self.programs = work / "programs"
        self.programs.mkdir(parents=True, exist_ok=True)

    def made(self, name, make):
        path = self.programs / name
        if not path.exists():
            make(path)
        return path

    def npm(self, package):
        folder = self.work / "node_modules" / package
        if not folder.exists():
            need("npm")
            print(f"fetching {package}", file=sys.stderr)
            call("npm", "install", "--no-save", "--prefix", self.work, package)
        return folder

    def jco(self):
        self.npm("@bytecodealliance/componentize-js")
        jco = self.npm("@bytecodealliance/jco")
        need("node")
        return ["node", next(p for p in (jco / "dist/jco.js", jco / "src/jco.js") if p.exists())]

    def wit(self):
        folder = self.work / "wit"
        if not folder.exists():
            deps = self.npm("@bytecodealliance/jco") / "lib/wit/builtin/0.2.12"
            shutil.copytree(deps, folder / "deps")
            (folder / "world.wit").write_text(WIT)
        return folder

    def component(self, module):
        return self.made(module.stem + ".component.wasm", lambda path: call(
            *self.jco(), "new", module, "--wasi-command", "-o", path))

    def c(self):
        return self.made("census.wasm", lambda path: call(
            need("clang-19"), "--target=wasm32-wasi", "-O2", "-g", HERE / "programs/census.c",
            "-o", path))

    def cpp(self):
        return self.made("ledger.wasm", lambda path: call(
            need("clang++-19"), "--target=wasm32-wasi", "-O2", "-std=c++20", "-fno-exceptions",
            HERE / "programs/ledger.cpp", "-o", path))

    def rust(self, target):
        def make(path):
            need("rustup")
            call("rustup", "target", "add", target)
            call("rustc", "--target", target, "-O", HERE / "programs/report.rs", "-o", path)
        return self.made(f"report-{target}.wasm", make)

    def go(self, module, version):
        """A command that somebody else wrote in Go: with its collector, its goroutines and its timers."""
        name = module.rsplit("/", 1)[-1]

        def make(path):
            need("go")
            folder = self.work / name
            folder.mkdir(exist_ok=True)
            (folder / "go.mod").write_text("module local\n")
            env = dict(os.environ, GOPATH=str(self.work / "gopath"), GOFLAGS="-modcacherw")
            call("go", "get", f"{module}@{version}", cwd=folder, env=env)
            call("go", "build", "-o", path, module, cwd=folder,
                 env=dict(env, GOOS="wasip1", GOARCH="wasm"))
        return self.made(name + ".wasm", make)

    def ripgrep(self):
        """A component by rustc and cargo alone."""
        def make(path):
            need("rustup")
            call("rustup", "target", "add", "wasm32-wasip2")
            call("cargo", "install", "--target", "wasm32-wasip2", "--root", self.work / "cargo", "ripgrep")
            shutil.copy(self.work / "cargo/bin/rg.wasm", path)
        return self.made("ripgrep.wasm", make)

    def javascript(self):
        def make(path):
            self.npm("@bytecodealliance/componentize-js")
            code = f"""
              import {{ componentize }} from "@bytecodealliance/componentize-js";
              import fs from "node:fs";
              const made = await componentize(
                  fs.readFileSync({str(HERE / "programs/app.js")!r}, "utf8"),
                  {{ witPath: {str(self.wit())!r}, worldName: "demo" }});
              fs.writeFileSync({str(path)!r}, made.component);
            """
            call(need("node"), "--input-type=module", "-e", code, cwd=self.work)
        return self.made("javascript.wasm", make)

    def python(self):
        def make(path):
            tools = self.work / "pyenv"
            if not (tools / "bin/componentize-py").exists():
                print("fetching componentize-py", file=sys.stderr)
                call(sys.executable, "-m", "venv", tools)
                call(tools / "bin/pip", "install", "componentize-py")
            call(tools / "bin/componentize-py", "-d", self.wit(), "-w", "demo", "componentize",
                 "app", "-p", HERE / "programs", "-o", path)
        return self.made("python.wasm", make)

    def yosys(self):
        """A tool for hardware, 30 MB, with the library of files it needs."""
        package = self.npm("@yowasp/yosys") / "gen"
        if not (self.work / "yosys-share").exists():
            shutil.copytree(package / "share", self.work / "yosys-share")
            unpack_text_resources(package / "resources-yosys.js", self.work / "yosys-share")
        return package / "yosys.core.wasm"

    def clang(self):
        """Clang and LLD in one module of 75 MB."""
        package = self.npm("@yowasp/clang") / "gen"
        if not (self.work / "llvm").exists():
            (self.work / "llvm").mkdir()
            call("tar", "-xf", package / "llvm-resources.tar", "-C", self.work / "llvm")
        return package / "llvm.core.wasm"


def unpack_text_resources(script, folder):
    """The small files of a YoWASP package stand as text in a script that exports a tree of them."""
    code = f"""
      import {{ filesystem }} from {str(script)!r};
      import fs from "node:fs";
      function put(tree, at) {{
        for (const [name, entry] of Object.entries(tree)) {{
          const path = at + "/" + name;
          if (typeof entry === "string" || entry instanceof Uint8Array) fs.writeFileSync(path, entry);
          else if (!(entry instanceof URL)) {{ fs.mkdirSync(path, {{recursive: true}}); put(entry, path); }}
        }}
      }}
      put(filesystem.share ?? filesystem, {str(folder)!r});
    """
    call("node", "--input-type=module", "-e", code)


class Case:
    def __init__(self, name, make, arguments=(), grant=None, stdin=b"", code=0, out=rb".",
                 guest="data", read_only=()):
        self.name, self.make, self.arguments, self.grant = name, make, arguments, grant
        self.guest = guest  # where the granted folder is; Go looks for all files from the root
        self.stdin, self.code, self.out, self.read_only = stdin, code, out, read_only


def texts(folder):
    for i in range(40):
        (folder / f"text{i}").write_text(
            "".join(f"the {chr(97 + i * n % 26) * 3} word number {n}\n" for n in range(300)))


def verilog(folder):
    (folder / "top.v").write_text(VERILOG)


def scripts(folder):
    (folder / "app.ts").write_text("const answer: number = 42\nexport const twice = () => answer * 2\n")
    (folder / "run.sh").write_text("if true;then echo yes;fi\nfor i in 1 2;do echo $i;done\n")


def c_source(folder):
    (folder / "main.c").write_text(C_SOURCE)


def cases(shop):
    ledger = b"".join(b"account%d %d.%02d\n" % (i % 37, i, i % 100) for i in range(5000))
    yield Case("c", shop.c, ["data"], texts, code=3, out=rb"12000 (the|word|number)")
    # What wasi:cli/run gives is a result: any failure is exit code 1.
    yield Case("c-component", lambda: shop.component(shop.c()), ["data"], texts, code=1,
               out=rb"12000 (the|word|number)")
    yield Case("c++", shop.cpp, stdin=ledger, out=rb"account0 +\d")
    yield Case("c++-component", lambda: shop.component(shop.cpp()), stdin=ledger,
               out=rb"account0 +\d")
    yield Case("rust", lambda: shop.rust("wasm32-wasip1"), ["data"], texts, code=40,
               out=rb" 300 text39")
    yield Case("rust-component", lambda: shop.rust("wasm32-wasip2"), ["data"], texts, code=1,
               out=rb" 300 text39")
    yield Case("ripgrep", shop.ripgrep, ["-n", "--sort", "path", "word number 7$", "/data"], texts,
               guest="/data", out=rb"/data/text39:8:the \w+ word number 7\n")
    yield Case("shfmt", lambda: shop.go("mvdan.cc/sh/v3/cmd/shfmt", "latest"), ["/run.sh"], scripts,
               guest="/", out=rb"if true; then echo yes; fi\n")
    yield Case("esbuild", lambda: shop.go("github.com/evanw/esbuild/cmd/esbuild", "latest"),
               ["/app.ts", "--bundle", "--format=esm", "--outfile=/app.js"], scripts,
               guest="/", out=rb"app\.js")
    yield Case("javascript", shop.javascript, out=rb"words 1013")
    yield Case("python", shop.python, out=rb"sum \d+")
    yield Case("yosys", shop.yosys,
               ["-p", "read_verilog data/top.v; synth -flatten -noabc; write_json data/top.json; stat"],
               verilog, out=rb"Number of cells: +\d+", read_only=[(shop.work / "yosys-share", "/share")])
    yield Case("clang", shop.clang,
               ["clang", "-v", "-O2", "-c", "data/main.c", "-o", "data/main.o"], c_source, out=rb"",
               read_only=[(shop.work / "llvm", "/usr")])
    yield Case("clang-version", shop.clang, ["clang", "--version"], out=rb"clang version")


class Ended:
    def __init__(self, command, cwd, stdin):
        started = time.monotonic()
        with open(cwd / "stderr", "wb") as err:
            process = subprocess.Popen([str(c) for c in command], cwd=cwd, stderr=err,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            (cwd / "stdin").write_bytes(stdin)
            process.stdin.write(stdin)
            process.stdin.close()
            first = process.stdout.read(1)
            self.first = time.monotonic() - started
            self.out = first + process.stdout.read()
            self.code = process.wait(timeout=TIMEOUT)
        self.wall = time.monotonic() - started
        self.err = (cwd / "stderr").read_bytes()

    def __str__(self):
        return (f"exit code {self.code}, {len(self.out)} bytes of output, stderr: "
                f"{self.err[-400:].decode(errors='replace')}")


def snapshot(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def longest_line(out):
    return max(out.split(b"\n"), key=len, default=b"")


def check(reprise, case, shop, wrong):
    """A row of the table; what is wrong is appended to `wrong`."""
    program = case.make()
    scratch = shop.work / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    granted = scratch / "granted"

    def run(*options):
        shutil.rmtree(granted, ignore_errors=True)
        granted.mkdir(parents=True)
        if case.grant:
            case.grant(granted)
        grants = ["--dir", f"{granted}::{case.guest}"] if case.grant else []
        for host, guest in case.read_only:
            grants += ["--dir", f"{host}::{guest}:ro"]
        return Ended([reprise, "run", *options, *grants, program, *case.arguments], scratch,
                     case.stdin)

    scratch.mkdir(parents=True)
    trace = scratch / "trace"
    plain = run()
    left = snapshot(granted)
    if plain.code != case.code or not re.search(case.out, plain.out + plain.err):
        wrong.append(f"{case.name}: the plain run fails: {plain}")
    recorded = run("--record", trace, "--args", "digest", "--check", "state")
    if recorded.code != plain.code or sorted(snapshot(granted)) != sorted(left):
        wrong.append(f"{case.name}: the recorded run is another one: {recorded}")
    shutil.rmtree(granted)
    replayed = Ended([reprise, "replay", "--check", "state", trace], scratch, b"")
    if (replayed.code, replayed.out, replayed.err) != (recorded.code, recorded.out, recorded.err):
        wrong.append(f"{case.name}: the replay differs: {replayed}\n  from {recorded}")
    line = longest_line(recorded.out)
    if len(line) > 20 and line in trace.read_bytes() and line not in program.read_bytes():
        wrong.append(f"{case.name}: the trace holds output: {line!r}")
    if plain.out and plain.first > FIRST_OUTPUT:
        wrong.append(f"{case.name}: the first output comes after {plain.first:.2f} s")
    size = program.stat().st_size
    return (case.name, f"{size / 1e6:.1f}", f"{plain.first:.2f}" if plain.out else "-",
            f"{plain.wall:.2f}", f"{recorded.wall:.2f}", f"{replayed.wall:.2f}",
            f"{(trace.stat().st_size - size) / 1e6:.2f}")


def main():
    reprise, work, *names = sys.argv[1:]
    reprise = Path(reprise).resolve()
    shop = Workshop(Path(work).resolve())
    wrong, skipped = [], []
    columns = ("program", "MB", "first output", "plain", "recorded", "replayed", "trace MB")
    print("  ".join(f"{c:>12}" for c in columns))
    for case in cases(shop):
        if names and case.name not in names:
            continue
        try:
            row = check(reprise, case, shop, wrong)
        except Missing as missing:
            skipped.append(f"{case.name}: {missing}")
            continue
        print("  ".join(f"{c:>12}" for c in row), flush=True)
    for reason in skipped:
        print(f"skipped {reason}")
    for reason in wrong:
        print(f"FAIL {reason}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
