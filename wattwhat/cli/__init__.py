"""The command line: which verbs there are, and how errors and exit statuses look.

Each verb is a module of this package with `add_arguments(parser)`, `call(arguments) -> int` and a text
`EXAMPLES`; it is imported only when its verb is asked for. One that sets `TAKES_A_COMMAND` gets the words
after ``--`` as ``arguments.command``. A new verb is a module and a line in `VERBS`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

from wattwhat.cli.output import open_closed_streams, put, say
from wattwhat.errors import ArgumentError, LogError, WattwhatError

__all__ = ["BAD_INPUT", "CHECK_FAILED", "OK", "VERBS", "Verb", "main"]

OK, CHECK_FAILED, BAD_INPUT = 0, 1, 2
# What shells report for a program that SIGINT or SIGPIPE ended: 128 + the signal's number.
_INTERRUPTED, _NOBODY_READS = 130, 141


class Verb(NamedTuple):
    """One verb: its name, the module that serves it, and a line of help."""

    name: str
    module: str
    help: str


VERBS = (
    Verb("doctor", "wattwhat.cli.doctor", "what can be measured here, and what would mend the rest"),
    Verb("measure", "wattwhat.cli.measure", "measure a Python callable until the answer is precise"),
    Verb("report", "wattwhat.cli.report", "write the comparison page: accuracy against energy, offline"),
    Verb("run", "wattwhat.cli.run", "run any program and say what it took"),
    Verb("study", "wattwhat.cli.study", "measure many models and settings by a plan, and analyse them"),
    Verb(
        "predict", "wattwhat.cli.predict", "say before a run what it is likely to take, and how sure that is"
    ),
    Verb("monitor", "wattwhat.cli.monitor", "show live power, channel by channel, until Ctrl-C"),
    Verb("serve-metrics", "wattwhat.cli.serve_metrics", "serve joules and watts to Prometheus, until Ctrl-C"),
    Verb("compare", "wattwhat.cli.compare", "tell whether A uses less energy than B, and how sure that is"),
    Verb("combine", "wattwhat.cli.combine", "add up ranks, hosts or phases, each joule once"),
    Verb("check", "wattwhat.cli.check", "fail if new measurements take more than a baseline"),
    Verb("export", "wattwhat.cli.export", "tables for papers, spreadsheets and model cards"),
    Verb("badge", "wattwhat.cli.badge", "draw a small energy label of one measurement"),
    Verb("calibrate", "wattwhat.cli.calibrate", "find out what the sensors here are like, and keep it"),
    Verb("read", "wattwhat.cli.read", "read what other tools logged, in joules with an uncertainty"),
    Verb("score", "wattwhat.cli.score", "say whether the accuracy is worth the joules"),
    Verb("reference", "wattwhat.cli.reference", "make or show the population that grades are given against"),
)

_EXAMPLES = """examples:
  wattwhat doctor
  wattwhat measure bench:step --precision 0.02
  wattwhat run -- python train.py --epochs 3
  wattwhat read emissions.csv
  wattwhat score emissions.csv --unit Wh --accuracy 0.81

exit status: 0 ok, 1 a check failed, 2 bad input; run passes on its command's.
"""


class _Parser(argparse.ArgumentParser):
    """A parser that raises what argparse would print and exit for."""

    def error(self, message: str) -> NoReturn:
        apart, _, word = message.partition("unrecognized arguments: ")
        if not apart and word and os.path.exists(word.split()[0]):  # argparse takes files in one go only
            message += "; name all files side by side, options before or behind them"
        raise ArgumentError(message, remedy=f"see: {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb.

    Args:
        argv: words after the program's name; None takes those of this process.

    Returns:
        The exit status: 0 ok, 1 a check failed, 2 bad input; ``run`` passes on its command's.

    Example:
        >>> main(["--version"])
        wattwhat ...
        0
    """
    open_closed_streams()
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        status = _dispatch(arguments)
        sys.stdout.flush()
    except (WattwhatError, OSError) as err:
        if isinstance(err, BrokenPipeError):
            return _nobody_reads()
        put(f"wattwhat: error: {' '.join(_message_of(err).split())}", sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        say("wattwhat: interrupted", sys.stderr)
        return _INTERRUPTED
    return status


def _dispatch(arguments: list[str]) -> int:
    if not arguments:
        say(_top_parser().format_help().rstrip(), sys.stderr)
        return BAD_INPUT
    if arguments[0].startswith("-"):
        return _parse(_top_parser(), arguments)
    verb = next((verb for verb in VERBS if verb.name == arguments[0]), None)
    if verb is None:
        raise ArgumentError(
            f"there is no verb {arguments[0]!r}", got=arguments[0], remedy=_suggest(arguments[0])
        )
    return _call(verb, arguments[1:])


def _call(verb: Verb, words: list[str]) -> int:
    import importlib

    module: Any = importlib.import_module(verb.module)
    parser = _Parser(
        prog=f"wattwhat {verb.name}",
        description=f"{verb.help[0].upper()}{verb.help[1:]}.",
        epilog=module.EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    if getattr(module, "TAKES_A_COMMAND", False):
        # argparse's own treatment of "--" differs between Python versions, so a command is kept from it.
        cut = words.index("--") if "--" in words else len(words)
        parser.set_defaults(command=words[cut + 1 :])
        words = words[:cut]
    return _parse(parser, words, module.call)


def _parse(parser: argparse.ArgumentParser, words: list[str], call: Any = None) -> int:
    try:
        arguments = parser.parse_args(words)
    except SystemExit as ended:  # --help and --version
        return int(ended.code or 0)
    if call is None:
        return BAD_INPUT
    try:
        return int(call(arguments))
    except WattwhatError as err:
        raise _under_options(err, parser, arguments) from err


def _under_options(err: WattwhatError, parser: argparse.ArgumentParser, arguments: Any) -> WattwhatError:
    """An error with the options that the user gave in place of the arguments they became."""
    from wattwhat.cli.sentences import option, reader_option

    write = reader_option if isinstance(err, LogError) else option

    def written(name: str, value: Any) -> str:
        if value is not ... or name != err.argument:
            return write(name, value)
        flag = option(name)
        action = next((one for one in parser._actions if flag in one.option_strings), None)
        given = action is not None and getattr(arguments, action.dest, None) != action.default
        return flag if given else name

    return err.renamed(written)


def _top_parser() -> argparse.ArgumentParser:
    from wattwhat._version import __version__

    parser = _Parser(
        prog="wattwhat",
        usage="wattwhat VERB ...",
        description="How many joules does it take?\n\nverbs (each has --help and --json):\n"
        + "\n".join(f"  {verb.name:<14}{verb.help}" for verb in VERBS),
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"wattwhat {__version__}")
    return parser


def _suggest(word: str) -> str:
    import difflib

    names = [verb.name for verb in VERBS]
    near = difflib.get_close_matches(word, names, 1)
    return f"did you mean {near[0]!r}?" if near else f"verbs: {', '.join(names)}"


def _message_of(err: Exception) -> str:
    """The sentence of an error; one of the system begins with its file, as ours do."""
    if isinstance(err, OSError) and not isinstance(err, WattwhatError) and err.filename is not None:
        return f"{os.fsdecode(err.filename)}: {err.strerror}"
    if isinstance(err, FileNotFoundError):
        try:
            os.getcwd()
        except FileNotFoundError:
            return "the current folder was removed; change to another one"
    return str(err)


def _nobody_reads() -> int:
    """The reader of our output has gone, as in ``wattwhat doctor | head``: say nothing more."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # no descriptor behind it: nothing will be flushed at exit either
        pass
    return _NOBODY_READS
