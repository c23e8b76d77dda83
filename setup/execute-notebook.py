"""Executes a notebook as JupyterLab does, cell by cell, and writes it with its outputs.

    .venv/bin/python setup/execute-notebook.py NOTEBOOK [--to FILE] [--timeout SECONDS]

Exit code 1 when a cell fails; the notebook is then written as far as it came.
"""

import argparse
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--to", type=Path, help="file to write; by default the notebook itself")
    parser.add_argument("--timeout", type=int, default=None, help="seconds a cell may take; by default any number")
    options = parser.parse_args()

    notebook = nbformat.read(options.notebook, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=options.timeout,
        kernel_name="tslab",
        # Times of execution would change the file at every execution.
        record_timing=False,
        resources={"metadata": {"path": str(options.notebook.parent)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        nbformat.write(notebook, options.to or options.notebook)
    return 0


if __name__ == "__main__":
    sys.exit(main())
