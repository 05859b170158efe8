"""Neovim debugs a recorded run, and a live one, with the settings that docs/debugging.md shows.

  nvim.py TOOL EXAMPLES FOLDER [--bless]

Skipped where there is no Neovim (`apt-get install neovim`) with nvim-dap, which is found where
Neovim finds packages, or in the folder that NVIM_DAP names.
"""

import os
import re
import shutil
import subprocess
import sys

from harness import TIMEOUT, Suite
from lldb import SKIPPED
from transcripts import compare


def settings(docs):
    """The `init.lua` that the page shows."""
    with open(docs) as file:
        return re.search(r"```lua\n(.*?)```", file.read(), re.DOTALL).group(1)


def main():
    suite = Suite(sys.argv[1])
    examples, here = os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])
    folder = suite.folder("nvim")
    with open(os.path.join(folder, "init.lua"), "w") as file:
        if "NVIM_DAP" in os.environ:
            file.write("vim.opt.runtimepath:prepend(vim.env.NVIM_DAP)\n")
        file.write("vim.cmd('packloadall')\n")
        file.write("if not pcall(require, 'dap') then vim.cmd('cquit %d') end\n" % SKIPPED)
        file.write(settings(os.path.join(here, "..", "..", "docs", "debugging.md")))
    nvim = shutil.which("nvim")
    command = [nvim, "--headless", "-n", "-i", "NONE", "-u",
               os.path.join(folder, "init.lua")]
    seen, trace = os.path.join(folder, "seen.txt"), os.path.join(folder, "orders.trace")
    environment = dict(os.environ, SEEN=seen, TRACE=trace, TMPDIR=folder,
                       PATH=os.path.dirname(suite.tool) + os.pathsep + os.environ["PATH"])
    run = lambda *arguments: subprocess.run([*command, *arguments], cwd=examples, env=environment,
                                            capture_output=True, timeout=3 * TIMEOUT,
                                            stdin=subprocess.DEVNULL)
    if not nvim or run("+qall!").returncode == SKIPPED:
        print("skipped: there is no Neovim with nvim-dap")
        shutil.rmtree(suite.root, ignore_errors=True)
        sys.exit(SKIPPED)
    suite.run("run", "--record", "orders.trace", os.path.join(examples, "orders.wasm"), cwd=folder)
    ended = run("-S", os.path.join(here, "nvim.lua"))
    suite.expect(ended.returncode == 0 and os.path.exists(seen), "the editor fails",
                 ended.stdout.decode(), ended.stderr.decode())
    if os.path.exists(seen):
        with open(seen) as file:
            compare(suite, os.path.join(here, "golden", "nvim.txt"), file.read(),
                    "--bless" in sys.argv)
    suite.finish()


main()
