"""Presses the interrupt button while a cell runs, and runs the cell again: prints what came of it as JSON.

    .venv/bin/python test/notebooks/interrupt-kernel.py RUNS_FOLDER

The cell is a run of the library, in the real kernel; the button is pressed when its progress is first shown.
"""

import json
import sys
import time
from queue import Empty

from jupyter_client.manager import start_new_kernel

CELL = """
const result = await run(
  { profile: 'smoke', dataset: 'shapes', iterations: 120, checkpointEvery: 1000, evaluation: { students: 1, epochs: 2 } },
  { runs: %s },
);
console.log(JSON.stringify({ run: result.run, accuracy: result.accuracy.mean }));
"""


def execute(client, manager, code, interrupt_at=None, patience=180):
    """Runs a cell to its end; @returns status, error, printed text, and seconds from the interrupt to the end."""
    request = client.execute(code)
    text, error, status, pressed = "", None, None, None
    deadline = time.monotonic() + patience
    while status is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"The cell did not end within {patience} s; it had printed: {text}")
        try:
            message = client.get_iopub_msg(timeout=1)
        except Empty:
            continue
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind in ("display_data", "update_display_data"):
            shown = content["data"].get("text/plain", "")
            if interrupt_at and interrupt_at in str(shown) and pressed is None:
                pressed = time.monotonic()
                manager.interrupt_kernel()
        elif kind == "stream":
            text += content["text"]
        elif kind == "error":
            error = {"name": content["ename"], "value": content["evalue"], "traceback": "\n".join(content["traceback"])}
        elif kind == "status" and content["execution_state"] == "idle":
            status = "idle"
    seconds = None if pressed is None else time.monotonic() - pressed
    return {"error": error, "text": text, "seconds": seconds}


def main() -> None:
    manager, client = start_new_kernel(kernel_name="tslab", startup_timeout=180)
    try:
        outcomes = {"imported": execute(client, manager, "import { run } from './lib'")}
        cell = CELL % json.dumps(sys.argv[1])
        outcomes["interrupted"] = execute(client, manager, cell, interrupt_at="distilling")
        # For a moment after a cell that failed the kernel drops what is asked of it.
        time.sleep(1)
        outcomes["again"] = execute(client, manager, cell)
        print(json.dumps(outcomes))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


main()
