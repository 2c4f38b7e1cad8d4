"""``python -m ergodica info`` prints versions, SIMD path, threads and memory limit; ``python -m ergodica papers`` runs recipes."""

from __future__ import annotations

import argparse
import json
import sys

from ergodica._versions import show_versions, versions
from ergodica.papers import command


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ergodica", description="Write the energy once; simulate it, sample it, learn it.")
    commands = parser.add_subparsers(dest="command", required=True)
    info = commands.add_parser("info", help="versions, SIMD path, threads, memory limit")
    info.add_argument("--json", action="store_true", help="as JSON")
    command.add(commands)
    options = parser.parse_args(arguments)
    if options.command == "papers":
        return command.guarded(options)
    if options.json:
        print(json.dumps(versions(), indent=2, default=str))
    else:
        show_versions()
    return 0


if __name__ == "__main__":
    sys.exit(main())
