"""The verb reference: make the population that grades are given against, and show one."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from wattwhat.cli.gathering import gather
from wattwhat.cli.log_options import add_log_options
from wattwhat.cli.one_a_model import one_a_model
from wattwhat.cli.output import check_destination, put, say, wrap
from wattwhat.cli.sentences import complain, complain_of, together
from wattwhat.errors import ArgumentError, ScoreError
from wattwhat.records.escaping import json_text

if TYPE_CHECKING:
    from wattwhat.scoring.frontier import FrontierGrade

__all__ = ["EXAMPLES", "add_arguments", "call", "describe"]

EXAMPLES = """examples:
  wattwhat reference fit runs.jsonl -o ref.json --name digits-laptop-2026-11
  wattwhat reference fit energy.csv --where environment="RTX 5000*" -o ref.json
  wattwhat reference show ref.json --json
  wattwhat score new.jsonl --score grade --reference ref.json

Members must be measured alike (scope, device, phase, item, origin) and be at
least 8; --force fits what is not, and notes it in the file. fit needs scipy.
"""
_STEPS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    actions = parser.add_subparsers(dest="action", metavar="fit|show", required=True)
    fit = actions.add_parser("fit", help="fit the efficient frontier of models in logs", allow_abbrev=False)
    add_log_options(fit)
    fit.add_argument("-o", "--output", required=True, metavar="FILE", help="where the reference goes")
    fit.add_argument("--json", action="store_true", help="print the reference as one JSON object too")
    what = fit.add_argument_group("what the reference is of")
    described = (
        ("--name", "its name; say task, device and date in it; default: FILE without its ending"),
        ("--task", "what the models do, in words"),
        ("--device", "their device, where the logs do not say"),
        ("--scope", "what the energy is of (gpu, cpu+dram, ...), where the logs do not say"),
        ("--protocol", "how they were measured, in words"),
        ("--date", "of the measurements; default: that of the latest"),
    )
    for option, help_text in described:
        what.add_argument(option, metavar="TEXT", help=help_text)
    what.add_argument("--metric", default="accuracy", metavar="NAME", help="which metric is the accuracy")
    what.add_argument("--phase", choices=("training", "inference", "both"), help="which electricity")
    fitting = fit.add_argument_group("how the frontier is fitted")
    fitting.add_argument(
        "--quantile", type=float, default=0.1, metavar="Q", help="share below it; default: 0.1"
    )
    fitting.add_argument(
        "--link", default="logit", metavar="LINK", help="logit (default), log error or linear"
    )
    fitting.add_argument(
        "--bootstrap",
        type=int,
        default=500,
        metavar="N",
        help="populations drawn for its spread; default: 500",
    )
    fitting.add_argument(
        "--force", action="store_true", help="fit few, unlike or repeated members, and note it"
    )
    show = actions.add_parser("show", help="print a reference", allow_abbrev=False)
    show.add_argument("file", metavar="FILE", help="made by wattwhat reference fit")
    show.add_argument("--json", action="store_true", help="as one JSON object")


def call(arguments: argparse.Namespace) -> int:
    """Fit, or show."""
    if arguments.action == "show":
        from wattwhat.scoring import FrontierGrade

        if not os.path.isfile(arguments.file):
            raise ArgumentError(
                f"there is no file {arguments.file!r}",
                got=arguments.file,
                remedy="wattwhat reference fit makes one",
            )
        _print(FrontierGrade.load(arguments.file), arguments.json)
        return 0
    return _fit(arguments)


def _fit(arguments: argparse.Namespace) -> int:
    if arguments.output == "-":
        raise ArgumentError(argument="-o", expected="the name of a new file or of a reference", got="-")
    check_destination(arguments.output, "-o", holds=("kind", "members"), single=False, arguments=arguments)
    if not 0 <= arguments.bootstrap <= 100_000:
        raise ArgumentError(argument="--bootstrap", expected="0 to 100000", got=arguments.bootstrap)
    measurements = gather(arguments)
    members, dropped = one_a_model(measurements.measurements, arguments.phase, None)
    lacks = [(m, _lack(m, arguments.metric)) for m in members]
    usable = [m for m, lack in lacks if not lack]
    lacking = [(m.label, f"{m.label!r} lacks {lack}") for m, lack in lacks if lack]
    given = {one.label for one in measurements.measurements}
    repeated = [m.label for m in usable if m.label not in given]
    complain(together([*dropped, *lacking]), f"left out ({len(dropped) + len(lacking)}):")
    complain(measurements.notes, "joined:")
    complain_of(measurements.problems)
    if not usable and lacking:
        raise ScoreError(
            f"none of {len(lacking)} models can be a member: {lacking[0][1]}",
            remedy="add what is missing, such as a column items",
        )
    if repeated and not arguments.force:
        raise ScoreError(
            f"{len(repeated)} models come more than once and would weigh more, for instance {repeated[0]!r}",
            remedy="choose with --where NAME=TEXT, or say --force",
        )
    grade = _fitted(arguments, usable)
    grade.save(arguments.output)
    _print(grade, arguments.json)
    if not arguments.json:
        say(f"saved as {arguments.output}; use it with: --score grade --reference {arguments.output}")
    return 0


def _fitted(arguments: argparse.Namespace, members: list[Any]) -> FrontierGrade:
    from wattwhat.scoring import FrontierGrade

    texts = {
        name: getattr(arguments, name) for name in ("task", "protocol", "date") if getattr(arguments, name)
    }
    name = arguments.name or os.path.splitext(os.path.basename(arguments.output))[0]
    return FrontierGrade.fit(
        members,
        reference=name,
        device=arguments.device,
        scope=arguments.scope,
        metric=arguments.metric,
        quantile=arguments.quantile,
        link=arguments.link,
        bootstrap=arguments.bootstrap,
        force=arguments.force,
        **texts,
    )


def _lack(measurement: Any, metric: str) -> str:
    lacking = [metric] if metric not in measurement.metrics else []
    lacking += [] if measurement.items else ["a number of items"]
    lacking += [] if measurement.energy_j.known else ["energy"]
    return " and ".join(lacking)


def _print(grade: FrontierGrade, as_json: bool) -> None:
    if as_json:
        from wattwhat.scoring.reference_file import reference_to_dict

        put(json_text(reference_to_dict(grade)))
    else:
        say("\n".join(describe(grade)))


def describe(grade: FrontierGrade) -> list[str]:
    """A reference in lines of at most 80 columns: of what it is, what the frontier needs, its members."""
    from wattwhat.records.escaping import one_line

    low, high = grade.accuracy_range
    facts = {"task": "", "protocol": grade.protocol, "date": grade.date, **grade.traits}
    facts["task"] = grade.task or facts["task"]
    lines = [f"{one_line(grade.reference)}: {len(grade.members)} models"]
    lines += [
        line for name, text in facts.items() if text for line in wrap(one_line(text), "    ", f"  {name}: ")
    ]
    unknown = [name for name, text in grade.traits.items() if text is None and not facts[name]]
    lines += [f"  not stated: {', '.join(unknown)}"] if unknown else []
    lines.append(
        f"  {grade.metric} from {100 * low:.4g} % to {100 * high:.4g} %; {grade.quantile:.0%} quantile"
    )
    lines += [line for note in grade.notes for line in wrap(one_line(note), "  ", "- ")]
    return [*lines, "", *_frontier(grade, low, high), "", *_members(grade)]


def _frontier(grade: FrontierGrade, low: float, high: float) -> list[str]:
    from wattwhat.records.formatting import energy_unit
    from wattwhat.records.quantity import Quantity
    from wattwhat.report.text_table import Column, listing

    steps = [low + (high - low) * k / (_STEPS - 1) for k in range(_STEPS)]
    rows = []
    for accuracy in dict.fromkeys(step for step in steps if 0.0 < step < 1.0):
        need = grade.frontier_j(accuracy)
        ends = [need, *(need * edge for edge in grade.edges)]
        unit = energy_unit(need)
        shown = [_three_digits(Quantity(joules, 0.0, "J").to(unit).value) for joules in ends]
        rows.append([f"{accuracy:.4g}", *shown, unit])
    titles = ["accuracy", "frontier", "A to", "B to", "C to", "D to", "E to", "F to"]
    return listing([*(Column(title, True) for title in titles), Column("an item")], rows)


def _three_digits(value: float) -> str:
    return f"{float(f'{value:.3g}'):g}"  # 1240 where .3g alone would write 1.24e+03


def _members(grade: FrontierGrade) -> list[str]:
    from wattwhat.records.formatting import plus_minus
    from wattwhat.records.quantity import Quantity
    from wattwhat.report.text_table import Column, listing
    from wattwhat.scoring.grade_letters import letter_of

    rows, excesses = [], []
    for member in sorted(grade.members, key=lambda one: -one.accuracy):
        energy = plus_minus(Quantity(member.energy_per_item_j, member.u_energy_j or 0.0, "J"))
        inside = 0.0 < member.accuracy < 1.0
        excess = grade.excess(member.accuracy, member.energy_per_item_j) if inside else None
        excesses.append(excess)
        cells = ["-", "-"] if excess is None else [f"{excess:.2f}", letter_of(excess, grade.edges)]
        rows.append([member.label, f"{member.accuracy:.4g}", energy, *cells])
    most = max((excess for excess in excesses if excess is not None), default=1.0)
    columns = [
        Column("member", shrinks=True),
        Column("accuracy", True),
        Column("energy an item", True),
        Column("times frontier", True),
        Column(""),
    ]
    shares = [None if excess is None else excess / most for excess in excesses]
    return listing(columns, rows, shares=shares)
