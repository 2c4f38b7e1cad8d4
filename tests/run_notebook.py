"""Executes notebooks in a fresh kernel each, into a folder of their own; a cell that raises ends it with status 1.

    python tests/run_notebook.py [--show] [--into build/notebooks] notebooks/quickstart.ipynb ...

``--show`` prints the text that the cells print. One figure is one line.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def texts(notebook: nbformat.NotebookNode) -> list[str]:
    """What a reader sees below the cells, as text: printed lines, results, and a mark for each picture. Progress bars on stderr are left out."""
    seen = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            seen += [f"\n{line}" for line in cell.source.splitlines() if line.startswith("#")]
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stdout":
                seen.append(output.text.rstrip("\n"))
            elif output.output_type in ("display_data", "execute_result"):
                if any(kind.startswith("image/") for kind in output.data):
                    seen.append("[figure]")
                elif "application/vnd.jupyter.widget-view+json" not in output.data:
                    seen.append(output.data.get("text/plain", "").rstrip("\n"))
    return seen


def execute(path: Path, into: Path, show: bool, timeout: float) -> bool:
    """Run one notebook in its own folder's working directory and write it, outputs included, to ``into``."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=timeout, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}})
    client.extra_arguments = ["--log-level=40"]  # without ipykernel's advice on sockets
    begin, failure = time.perf_counter(), None
    try:
        client.execute()
    except CellExecutionError as error:
        failure = COLOUR.sub("", str(error))
    into.mkdir(parents=True, exist_ok=True)
    executed = into / path.name
    nbformat.write(notebook, executed)
    if show:
        print("\n".join(texts(notebook)))
    if failure:
        print(failure)
    print(f"\n{path}: {'FAILED' if failure else 'executed'} in {time.perf_counter() - begin:.1f} s; with its results: {executed}", flush=True)
    return failure is None


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("notebooks", nargs="+", type=Path)
    arguments.add_argument("--into", type=Path, default=Path("build/notebooks"))
    arguments.add_argument("--show", action="store_true")
    arguments.add_argument("--timeout", type=float, default=600.0, help="seconds a cell may take")
    asked = arguments.parse_args()
    return 0 if all([execute(path, asked.into, asked.show, asked.timeout) for path in asked.notebooks]) else 1


if __name__ == "__main__":
    sys.exit(main())
