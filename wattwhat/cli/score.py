"""The verb score: is the accuracy worth the joules? Accuracy and energy always stand beside the score."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import attrs

from wattwhat.cli.gathering import Gathering
from wattwhat.cli.judging import Judging
from wattwhat.cli.log_options import add_log_options
from wattwhat.cli.one_a_model import OneAModel
from wattwhat.cli.output import deliver, put, say, wrap
from wattwhat.cli.ranked_rows import ranked_rows
from wattwhat.cli.scorers import add_score_options, check_applicable, check_options, make
from wattwhat.cli.sentences import as_options, complain, complain_of, together
from wattwhat.errors import ArgumentError, ScoreError, WattwhatError
from wattwhat.records.escaping import json_text

if TYPE_CHECKING:
    from wattwhat.cli.judging import Row
    from wattwhat.records.measurement import Measurement
    from wattwhat.report.survey_table import Scored

__all__ = ["EXAMPLES", "add_arguments", "call"]

EXAMPLES = """examples:
  wattwhat score --list
  wattwhat score emissions.csv --unit Wh --metrics acc.csv --on model --percent
  wattwhat score runs.jsonl --phase inference --items 1000 --unit J
  wattwhat score runs.jsonl --score grade --reference ref.json --json
  wattwhat score runs.jsonl --score sam --score pepr --format latex > table.tex

Rows that cannot be scored are listed with the reason on standard error. Exit
status: 0 something was scored, 2 nothing was, or an option does not fit.
"""


_FEW = 8
# Of so many measurements the spelling of a metric is taken; those behind them are read as they are scored.
_LOOKED_AT = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    add_log_options(parser, needed=False)
    parser.add_argument(
        "--list", action="store_true", help="print each score with its formula and its source"
    )
    parser.add_argument(
        "--json", action="store_true", help="one object a line, as JSON, instead of the table"
    )
    parser.add_argument(
        "--format",
        choices=("markdown", "latex", "csv"),
        help="one table of all scores for a paper, with letters, odds and ranks as columns",
    )
    parser.add_argument(
        "--epsilon",
        type=float,
        metavar="SHARE",
        help="with --format: mark the fewest models that stand for all to within this share, as 0.02",
    )
    scoring = parser.add_argument_group("what is judged, and how")
    scoring.add_argument(
        "--score", action="append", metavar="NAME", help="a score of --list, again for another; default: sam"
    )
    scoring.add_argument("--metric", default="accuracy", metavar="NAME", help="which metric is the accuracy")
    scoring.add_argument(
        "--phase", choices=("training", "inference", "both"), help="which electricity, where models have both"
    )
    add_score_options(scoring)
    scoring.add_argument(
        "--force",
        action="store_true",
        help="rank unlike phases, tasks, devices, scopes together",
    )


def call(arguments: argparse.Namespace) -> int:
    """Score, and report."""
    if arguments.list:
        return _list(arguments.json)
    if not arguments.logs:
        raise ArgumentError(
            expected="a LOG", remedy="as in: wattwhat score emissions.csv --unit Wh --accuracy 0.8"
        )
    from wattwhat.scoring import score_class

    _check_format(arguments)
    names = list(dict.fromkeys(arguments.score or ["sam"]))
    for name in names:
        check_options(name, arguments)
    check_applicable(names, arguments)
    gathering = Gathering(arguments)
    needed = any(hasattr(score_class(name), "build") for name in names)
    everything = list(gathering) if needed else []
    arguments.metric, measurements = _as_spelt(arguments.metric, everything or gathering)
    made = {name: _made(name, arguments, everything) for name in names}
    everything = []  # what the scores keep of it is theirs
    judging = {name: Judging(score, arguments.items) for name, score in made.items() if score is not None}
    models = OneAModel(arguments.phase, arguments.inferences)
    for label, measurement in models.of(measurements):
        for one in judging.values():
            one.add(label, measurement)
    done = [(name, told) for name in names if (told := _told(name, arguments, judging.get(name), models))]
    if arguments.json:
        _as_json(done)
    else:
        _together(arguments, [one for _, one in done])
    complain(gathering.notes, "joined:")
    complain_of(gathering.problems)
    if not done:
        raise ScoreError("nothing could be scored", remedy="the reasons stand above")
    return 0


def _made(name: str, arguments: argparse.Namespace, everything: Sequence[Measurement]) -> Any:
    """A score by its name; where one of several cannot be made, None, since the others may well stand."""
    try:
        return make(name, arguments, everything)
    except WattwhatError as err:
        if len(set(arguments.score or ())) < 2:
            raise
        complain([as_options(err)], f"not scored by {name}:")
        return None


def _told(
    name: str, arguments: argparse.Namespace, judging: Judging | None, models: OneAModel
) -> Scored | None:
    """What one score says, printed where each score is a table of its own; None where nothing was scored."""
    from wattwhat.report.survey_table import Scored

    if judging is None:
        return None
    reasons = judging.settle(models.places, {label for label, _ in models.reasons})
    score, done = judging.score, None
    if judging.rows:
        rows, sentences = ranked_rows(judging.rows, score, arguments.force)
        done = Scored(score.name, rows, getattr(score, "higher_is_better", True))
        if arguments.json or arguments.format:
            complain([sentence for sentence in sentences if sentence.startswith("not ranked: ")])
        else:
            from wattwhat.report.score_table import score_table

            sentences = [*sentences, *_doubts(judging.rows)]
            say("\n".join([*score_table(score.name, rows, not done.higher_is_better), *_bullets(sentences)]))
    refused = [*models.reasons, *reasons]
    complain(
        [*together(refused), *_hint(name, judging.least_joules)],
        f"not scored by {name} ({len(refused)}):",
    )
    return done


def _as_spelt(metric: str, measurements: Iterable[Measurement]) -> tuple[str, Iterable[Measurement]]:
    """A metric as the first measurements spell it, where they spell it one way (mIoU for miou); and all."""
    coming = iter(measurements)
    first = deque(coming if isinstance(measurements, list) else islice(coming, _LOOKED_AT))
    known = {name for one in first for name in one.metrics}
    alike = [name for name in known if name.casefold() == metric.casefold()]
    spelt = alike[0] if metric not in known and len(alike) == 1 else metric
    return spelt, _again(first, coming)


def _again(first: deque[Measurement], coming: Iterator[Measurement]) -> Iterator[Measurement]:
    """What was looked at already, no longer kept than until it is given, and what follows."""
    while first:
        yield first.popleft()
    yield from coming


def _check_format(arguments: argparse.Namespace) -> None:
    if arguments.format and arguments.json:
        raise ArgumentError("it does not go with --json", argument="--format", remedy="leave one out")
    if arguments.epsilon is not None:
        if not arguments.format:
            problem = "it marks models in the table of --format"
            raise ArgumentError(problem, argument="--epsilon", remedy="add --format markdown")
        if not 0.0 <= arguments.epsilon < float("inf"):
            raise ArgumentError(argument="--epsilon", expected="a share of at least 0", got=arguments.epsilon)


def _together(arguments: argparse.Namespace, scored: Sequence[Scored]) -> None:
    """What is said of all scores: one table where it was asked for, and how far their orders agree."""
    from wattwhat.report.survey_table import agreements, survey_table

    if not scored:
        return
    agreed = [f"{first} and {second}: {one}" for first, second, one in agreements(scored)]
    if arguments.format:
        deliver(survey_table(scored, arguments.format, arguments.epsilon), None)
        complain(agreed, "rank correlation:")
    elif agreed:
        say("\n".join(["rank correlation", *_bullets(agreed)]))


def _as_json(scored: Sequence[tuple[str, Scored]]) -> None:
    """One object a model and score, with how far the score agrees with each other one."""
    from wattwhat.report.survey_table import agreements

    agreed: dict[str, dict[str, Any]] = {}
    for first, second, one in agreements([done for _, done in scored]):
        agreed.setdefault(first, {})[second] = agreed.setdefault(second, {})[first] = attrs.asdict(one)
    for name, done in scored:
        more = {"rank_correlation": agreed[done.name]} if done.name in agreed else {}
        for row in done.rows:
            put(json_text({"score": name, **row, **more}, default=str))


def _bullets(sentences: Sequence[str]) -> list[str]:
    return [line for sentence in sentences for line in wrap(sentence, "  ", "- ")]


def _doubts(rows: Sequence[Row]) -> list[str]:
    """Notes of the results, each told once; what the result says in words, where there are few."""
    notes = [
        (row.label, f"{row.label}: {note}") for row in rows for note in row.result.details.get("notes", ())
    ]
    sentences = [
        f"{row.label}: {row.result.details['words']}" for row in rows if "words" in row.result.details
    ]
    return [*(sentences if len(sentences) <= _FEW else []), *together(notes)]


def _hint(name: str, least_joules: float) -> list[str]:
    """The unit in which SAM would be defined for all of them."""
    if name != "sam" or not least_joules:
        return []
    from wattwhat.records.quantity import unit_factor
    from wattwhat.scoring.sam_score import UNITS

    unit = next((u for u in UNITS if least_joules * unit_factor("J", u) > 1.0), None)
    return [] if unit is None else [f"all of them are above 1 {unit}: --unit {unit} scores them too"]


def _list(as_json: bool) -> int:
    from wattwhat.scoring import catalog

    for entry in catalog():
        if as_json:
            fields = ("name", "formula", "source", "fitted")
            options = {option.name: option.help for option in entry.options}
            put(json_text({**{field: getattr(entry, field) for field in fields}, "options": options}))
            continue
        lines = wrap(entry.formula, "  ", f"{entry.name}: ") + wrap(f"source: {entry.source}", "    ", "  ")
        needs = [
            f"--{one.name.replace('_', '-')} {one.metavar}" for one in entry.options if one.needed is not None
        ]
        say("\n".join([*lines, *([f"  needs {' '.join(needs)}"] if needs else [])]))
    return 0
