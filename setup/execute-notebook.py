"""Executes a notebook as JupyterLab does, cell by cell, and writes it with its outputs.

    .venv/bin/python setup/execute-notebook.py NOTEBOOK [--to FILE] [--timeout SECONDS] [--events]

Exit code 1 when a cell fails, 130 when it was interrupted; the notebook is then written as far as it came. With --events
stdout says what happens, a line of JSON each, and a stdin that closes interrupts.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError


class Interrupted(Exception):
    """Asked to stop, between two cells or inside one."""


class Client(NotebookClient):
    """Says which cell runs and what it shows; passes an interrupt on to the kernel, so that runs keep what they have done."""

    def __init__(self, notebook, say, **options):
        super().__init__(notebook, **options)
        self.say = say
        self.interrupted = False
        self.cells = [place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
        self.on_notebook_start = self.listen
        self.on_cell_start = self.begin

    def listen(self, notebook):
        # nbclient's own listeners, set a moment ago, end the kernel at once.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.interrupt)

    def interrupt(self):
        if self.interrupted:
            asyncio.ensure_future(self.km.shutdown_kernel(now=True))
        else:
            asyncio.ensure_future(self.km.interrupt_kernel())
        self.interrupted = True

    def begin(self, cell, cell_index):
        if self.interrupted:
            raise Interrupted
        if cell_index in self.cells:
            self.say(cell=self.cells.index(cell_index) + 1, of=len(self.cells))

    def process_message(self, msg, cell, cell_index):
        content = msg["content"]
        data = content.get("data", {})
        if msg["msg_type"] == "stream" and content["name"] == "stdout":
            self.say(line=content["text"].strip().split("\n")[-1])
        elif list(data) == ["text/plain"]:
            self.say(line=data["text/plain"])
        return super().process_message(msg, cell, cell_index)

    async def _async_cleanup_kernel(self):
        if self.interrupted and self.km is not None:
            await self.runs_at_rest()
        await super()._async_cleanup_kernel()

    async def runs_at_rest(self, seconds=30):
        """The cell ends at once, while its run finishes an iteration and writes a checkpoint."""
        kernel = getattr(self.km.provisioner, "pid", None)
        runs = Path(os.environ.get("HABA_RUNS") or Path(os.environ.get("HABA_RESULTS") or "results", "runs"))
        for _ in range(10 * seconds):
            if not any(holder(file) in processes(kernel) for file in runs.rglob("holder.json")):
                return
            await asyncio.sleep(0.1)


def processes(kernel):
    """The kernel's, and those of the workers that it divides runs among."""
    try:
        return {kernel, *(child.pid for child in psutil.Process(kernel).children())}
    except psutil.Error:
        return {kernel}


def holder(file):
    try:
        return json.loads(file.read_text())["pid"]
    except (OSError, ValueError, KeyError):
        return None


def complaint(notebook, error):
    """What the failing cell wrote to stderr, which is where the kernel writes errors."""
    for cell in reversed(notebook.cells):
        written = [output.text for output in cell.get("outputs", []) if output.get("name") == "stderr"]
        if written:
            return "".join(written)
    return str(error)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--to", type=Path, help="file to write; by default the notebook itself")
    parser.add_argument("--timeout", type=int, default=None, help="seconds a cell may take; by default any number")
    parser.add_argument("--events", action="store_true", help="say on stdout what happens, and stop when stdin closes")
    options = parser.parse_args()

    def say(**event):
        if options.events:
            print(json.dumps(event), flush=True)

    def watch():
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGINT)

    if options.events:
        threading.Thread(target=watch, daemon=True).start()
    notebook = nbformat.read(options.notebook, as_version=4)
    client = Client(
        notebook,
        say,
        timeout=options.timeout,
        # On a busy machine a kernel takes longer than the usual minute to start.
        startup_timeout=300,
        kernel_name="tslab",
        # Times of execution would change the file at every execution.
        record_timing=False,
        resources={"metadata": {"path": str(options.notebook.parent)}},
    )
    try:
        client.execute()
    except (CellExecutionError, DeadKernelError, Interrupted, KeyboardInterrupt) as error:
        if client.interrupted or isinstance(error, KeyboardInterrupt):
            return 130
        say(failed=complaint(notebook, error))
        print(error, file=sys.stderr)
        return 1
    finally:
        nbformat.write(notebook, options.to or options.notebook)
    return 0


if __name__ == "__main__":
    sys.exit(main())
