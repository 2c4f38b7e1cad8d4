"""``python -m ergodica papers``."""

from __future__ import annotations

import argparse
import inspect
import json
from typing import Any

from ergodica.errors import SpecError
from ergodica.papers.recipe import SIZES, find, recipes
from ergodica.papers.report import Report


def add(commands: Any) -> None:
    """Its place among the commands."""
    papers = commands.add_parser("papers", help="published systems as recipes: list, show, run, results")
    actions = papers.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="the recipes that there are")
    show = actions.add_parser("show", help="what a recipe claims and measures, and its parameters")
    show.add_argument("name", help="number or slug, such as S028")
    run = actions.add_parser("run", help="run recipes; exit status 1 when a claim fails")
    run.add_argument("name", nargs="+", help="numbers or slugs, or 'all'")
    run.add_argument("--size", choices=SIZES, default="quick")
    run.add_argument("--seed", type=int)
    run.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change a parameter of the paper")
    shape = run.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="one JSON object a line")
    shape.add_argument("--table", action="store_true", help="as a table (the default)")
    results = actions.add_parser("results", help="run all recipes and print the page of their results")
    results.add_argument("--size", choices=SIZES, default="quick")


def main(options: argparse.Namespace) -> int:
    """What was asked for; the exit status."""
    if options.action == "list":
        rows = [(r.id, r.family, r.slug, r.title) for r in recipes()]
        widths = [max(len(r[i]) for r in rows) for i in range(3)]
        for row in rows:
            print("  ".join(c.ljust(w) for c, w in zip(row, [*widths, 0], strict=True)).rstrip())
        return 0
    if options.action == "show":
        r = find(options.name)
        print(f"{r.id} {r.slug} ({r.family})\n{r.cite}\n\n{inspect.getdoc(r.function)}\n\nparameters: "
              + ", ".join(f"{k}={v!r}" for k, v in r.parameters.items()) + f"\nsource: {r.path}")  # fmt: skip
        return 0
    if options.action == "results":
        reports = [r(options.size) for r in recipes()]
        print(page(reports))
        return 0 if all(r.holds for r in reports) else 1
    chosen = recipes() if options.name == ["all"] else [find(n) for n in options.name]
    good = True
    for r in chosen:
        changes = r.changed(options.set)
        if options.seed is not None and (len(chosen) == 1 or "seed" in r.parameters):
            changes["seed"] = options.seed
        report = r(options.size, **changes)
        print(json.dumps(report.to_dict()) if options.json else report, flush=True)
        good &= report.holds
    return 0 if good else 1


def page(reports: list[Report]) -> str:
    """The results as Markdown."""
    lines = ["# Results of the recipes", "", "Written by `python -m ergodica papers results`; `papers run NUMBER` in its place makes one again.", ""]
    for r in reports:
        lines += [f"## {r.recipe}", "", "| | claim | measured | expected | source |", "|---|---|---|---|---|"]
        for c in r.claims:
            what, source = c.what.replace("|", "\\|"), c.source.replace("|", "\\|")
            lines.append(f"| {'holds' if c.holds else '**fails**'} | {what} | {c.found} | {c.wanted} | {source} |")
        lines += ["", *(f"{n}\n" for n in r.notes)]
    return "\n".join(lines).rstrip() + "\n"


def guarded(options: argparse.Namespace) -> int:
    """:func:`main`, with a wrong name or parameter said in one line."""
    try:
        return main(options)
    except SpecError as why:
        print(f"ergodica papers: {why}")
        return 2
