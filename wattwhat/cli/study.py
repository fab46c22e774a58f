"""The verb study: many models and settings from a plan; each of its verbs is a module of its own."""

from __future__ import annotations

import argparse
import importlib

__all__ = ["EXAMPLES", "add_arguments", "call"]

EXAMPLES = """examples:
  wattwhat study plan plan.toml
  wattwhat study run plan.toml --out results
  wattwhat study run plan.toml --out results --shard 2/8
  wattwhat study status results
  wattwhat study analyse results
  wattwhat study merge results shard-1 shard-2

Each of its verbs has --help and --json.
"""

_VERBS = {
    "plan": ("wattwhat.cli.study_plan", "list the cells of a plan and how long they may take"),
    "run": ("wattwhat.cli.study_run", "measure the cells of a plan that are not finished yet"),
    "status": ("wattwhat.cli.study_status", "show how far a study is, and what could not be measured"),
    "analyse": ("wattwhat.cli.study_analyse", "say what a study found: report, tables, plots and a page"),
    "merge": ("wattwhat.cli.study_merge", "put the results of shards together"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what each verb takes."""
    verbs = parser.add_subparsers(dest="study_verb", required=True, metavar="VERB")
    for name, (module, help_text) in _VERBS.items():
        one = verbs.add_parser(
            name, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}.", allow_abbrev=False
        )
        importlib.import_module(module).add_arguments(one)


def call(arguments: argparse.Namespace) -> int:
    """Do what was asked for."""
    module, _ = _VERBS[arguments.study_verb]
    return int(importlib.import_module(module).call(arguments))
