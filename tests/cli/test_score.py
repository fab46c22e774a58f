"""The verb score: never SAM alone, who is dominated, how firm the order is, and why a row has no score."""

import math
from pathlib import Path

import pytest

from tests.cli.logged import LOGS, jsonl, net, objects, population
from wattwhat import Quantity
from wattwhat.cli import main
from wattwhat.cli.sentences import complain_of, together
from wattwhat.errors import LogError
from wattwhat.logs.problems import Problem

KWH = 3.6e6


def score(capsys, *words):
    status = main(["score", *map(str, words)])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return status, captured.out, captured.err


@pytest.fixture
def models(tmp_path):
    runs = [net("small", 20 * KWH, 0.85), net("large", 900 * KWH, 0.87), net("odd", 1000 * KWH, 0.80)]
    return jsonl(tmp_path / "models.jsonl", runs)


def test_sam_stands_beside_accuracy_and_energy_with_the_dominated_marked(models, capsys):
    status, out, err = score(capsys, models)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "SAM[kWh, alpha=5, beta=5], larger is better"
    small, large, odd = lines[2:5]
    assert "0.85" in small
    assert "kWh" in small
    assert [line.lstrip().startswith("*") for line in (small, large, odd)] == [False, False, True]
    assert "truly beats" in out
    assert "over alpha 1 to 10" in out
    assert "over unit" in out


def test_json_holds_the_score_with_its_axes_on_each_line(models, capsys):
    _, out, _ = score(capsys, models, "--json", "--alpha", "3", "--beta", "2")
    found = objects(out)
    assert [row["label"] for row in found] == ["small", "large", "odd"]
    first = found[0]
    assert first["score"] == "sam"
    assert first["result"]["name"] == "SAM[kWh, alpha=3, beta=2]"
    assert first["result"]["value"]["value"] == pytest.approx(2 * 0.85**3 / math.log10(20))
    assert first["accuracy"]["value"] == 0.85
    assert first["energy"] == pytest.approx({"value": 20.0, "u": 0.4, "unit": "kWh"})
    assert [row["dominated"] for row in found] == [False, False, True]


def test_rows_without_a_score_are_listed_with_the_reason(tmp_path, capsys):
    runs = [net("good", 20 * KWH, 0.9), net("tiny", 36.0, 0.9), net("tinier", 18.0, 0.9), net("blind", KWH)]
    status, out, err = score(capsys, jsonl(tmp_path / "m.jsonl", runs))
    said = " ".join(err.split())
    assert status == 0
    assert "good" in out
    assert "tiny" not in out
    assert "not scored by sam (3):" in said
    assert "'blind' carries no 'accuracy'" in said
    assert "--accuracy 0.91 or --metrics TABLE" in said
    assert "so is 1 more: tinier" in said
    assert "--unit mWh scores them too" in said


def test_the_unit_that_is_named_works(tmp_path, capsys):
    path = jsonl(tmp_path / "m.jsonl", [net("tiny", 36.0, 0.9), net("tinier", 18.0, 0.9)])
    assert score(capsys, path)[0] == 2
    status, out, err = score(capsys, path, "--unit", "mWh", "--json")
    assert (status, err) == (0, "")
    assert len(objects(out)) == 2


def test_nothing_scored_is_bad_input_and_says_why(tmp_path, capsys):
    status, out, err = score(capsys, jsonl(tmp_path / "m.jsonl", [net("blind", KWH)]))
    assert (status, out) == (2, "")
    assert "carries no 'accuracy'" in err
    assert "nothing could be scored" in err


def test_several_scores_follow_each_other(tmp_path, capsys):
    path = jsonl(tmp_path / "m.jsonl", population())
    _, out, _ = score(
        capsys, path, "--score", "sam", "--score", "accuracy-per-joule", "--unit", "J", "--json"
    )
    assert [row["score"] for row in objects(out)] == ["sam"] * 10 + ["accuracy-per-joule"] * 10
    best = objects(out)[10]
    assert best["result"]["value"]["value"] == pytest.approx(0.6)  # 0.6 for 1 J an item


def test_runs_of_one_name_are_told_apart(tmp_path, capsys):
    path = jsonl(tmp_path / "m.jsonl", [net("net", joules * KWH, 0.9) for joules in (10, 20, 30)])
    assert {row["label"] for row in objects(score(capsys, path, "--json")[1])} == {"net", "net #2", "net #3"}


def phases(tmp_path):
    train = net("net", 30 * KWH, 0.9, details={"phase": "training"})
    infer = net("net", 20 * KWH, details={"phase": "inference"}, items=100)
    return jsonl(tmp_path / "m.jsonl", [train, infer])


def test_which_electricity_is_asked_and_never_guessed(tmp_path, capsys):
    path = phases(tmp_path)
    status, _, err = score(capsys, path)
    assert status == 2
    assert "--phase" in err
    for phase, kwh in (("training", 30.0), ("inference", 20.0), ("both", 50.0)):
        (row,) = objects(score(capsys, path, "--phase", phase, "--json")[1])
        assert row["energy"]["value"] == pytest.approx(kwh)


def test_full_cycle_takes_its_training_from_the_same_logs(tmp_path, capsys):
    words = ["--score", "full-cycle", "--inferences", "1000", "--tau", "2", "--phase", "inference", "--json"]
    (row,) = objects(score(capsys, phases(tmp_path), *words)[1])
    assert row["result"]["value"]["value"] == pytest.approx(0.9**2 / (1000 * 0.2 + 30))


def test_stars_and_reference_grades_come_from_the_logs_themselves(tmp_path, capsys):
    path = jsonl(tmp_path / "m.jsonl", population())
    _, out, _ = score(capsys, path, "--score", "stars", "--mode", "quintile", "--json")
    assert sorted({row["result"]["grade"] for row in objects(out)}) == ["1", "2", "3", "4", "5"]
    _, out, _ = score(capsys, path, "--score", "reference", "--against", "net 4", "--json")
    index = {row["label"]: row["result"]["value"]["value"] for row in objects(out)}
    assert index["net 0"] == pytest.approx(16.0)  # a sixteenth of the energy
    assert index["net 4"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--score", "grade"], "wattwhat reference fit"),
        (["--score", "grade", "--reference", "none.json"], "none.json"),
        (["--score", "sci"], "--intensity-g-per-kwh G"),
        (["--score", "stars", "--mode", "fair"], "fair"),
        (["--score", "reference"], "--against LABEL"),
        (["--score", "reference", "--against", "nobody"], "nobody"),
        (["--score", "full-cycle", "--inferences", "10"], "--tau"),
        (["--score", "beauty"], "there is no score 'beauty'"),
        (["--unit", "W"], "'W'"),
        (["--unit", "parsec"], "parsec"),
        (["--alpha", "-1"], "alpha"),
        (["--items", "0"], "items"),
        (["--phase", "dreaming"], "--phase"),
        (["--accuracy", "81"], "write 0.81"),
    ],
)
def test_an_option_that_does_not_fit_is_refused_by_name(words, named, models, capsys):
    status, out, err = score(capsys, models, *words)
    assert (status, out) == (2, "")
    assert named in " ".join(err.split())


def test_without_a_log_it_says_how(capsys):
    status, _, err = score(capsys)
    assert status == 2
    assert "expected a LOG" in err


def test_the_list_names_every_score_with_formula_and_source(capsys):
    status, out, _ = score(capsys, "--list")
    assert status == 0
    assert all(name in out for name in ("sam: beta * accuracy**alpha", "grade:", "netscore:", "source:"))
    assert max(map(len, out.splitlines())) <= 80
    assert {"sam", "grade", "stars"} <= {
        entry["name"] for entry in objects(score(capsys, "--list", "--json")[1])
    }


class Letters:
    name = "letters"

    def __call__(self, measurement):
        if measurement.label == "odd":
            raise RuntimeError("no idea")
        from wattwhat.scoring import ScoreResult

        return ScoreResult(self.name, None, "A" if measurement.label == "small" else "B")


def test_a_third_partys_score_may_have_letters_only_and_fail_on_a_row(models, capsys, monkeypatch):
    monkeypatch.setattr("wattwhat.scoring.score_class", lambda name: Letters)
    status, out, err = score(capsys, models, "--score", "letters", "--json")
    assert status == 0
    assert {row["label"]: row["result"]["grade"] for row in objects(out)} == {"small": "A", "large": "B"}
    assert "RuntimeError: no idea" in err
    assert "not ranked" in score(capsys, models, "--score", "letters")[1]


def test_a_third_partys_score_may_give_a_value_and_nothing_else(models, capsys, monkeypatch):
    from tests.scoring.test_ranking import JoulesAlone

    monkeypatch.setattr("wattwhat.scoring.score_class", lambda name: JoulesAlone)
    status, out, err = score(capsys, models, "--score", "joules", "--json")
    assert (status, err) == (0, "")
    assert [row["label"] for row in objects(out)] == ["small", "large", "odd"]


def test_a_third_partys_score_takes_its_own_options(models, capsys, monkeypatch):
    from tests.scoring.test_catalogue import Weighted

    monkeypatch.setattr("wattwhat.scoring.score_class", lambda name: Weighted)
    given = ("--score", "weighted", "--option")
    status, out, err = score(capsys, models, *given, "weight=2", "--json")
    assert (status, err) == (0, "")
    assert objects(out)[-1]["result"]["value"]["value"] == pytest.approx(2 * 20 * KWH)
    for words, said in (
        (("--score", "weighted"), "--score weighted: expected --option weight=W: the weight of the accuracy"),
        ((*given, "weight=heavy"), "--option weight: expected a number, got 'heavy'"),
        ((*given, "weight=1", "--option", "wait=2"), "--option wait: does not apply to --score weighted"),
        ((*given, "weight"), "NAME=VALUE"),
        ((*given, "weight=1", "--alpha", "2"), "--alpha: does not apply to --score weighted; it is for sam"),
    ):
        status, out, err = score(capsys, models, *words)
        assert (status, out) == (2, "")
        assert said in " ".join(err.split())


@pytest.mark.parametrize("gives", [0.5, None, "B"])
def test_a_third_partys_score_that_gives_something_else_is_told_what_was_expected(
    gives, models, capsys, monkeypatch
):
    class Bare:
        name = "bare"

        def __call__(self, measurement):
            return gives

    monkeypatch.setattr("wattwhat.scoring.score_class", lambda name: Bare)
    status, out, err = score(capsys, models, "--score", "bare")
    assert (status, out) == (2, "")
    assert f"bare gave {gives!r}, expected a wattwhat.scoring.ScoreResult" in " ".join(err.split())


class Leaves:
    """Ends the process it is in, or means to: at once, on one model, or only when it is asked again."""

    name = "leaves"
    when = "always"

    def __init__(self):
        self.asked = set()
        if self.when == "at the start":
            raise SystemExit(7)

    def __call__(self, measurement):
        from wattwhat.scoring import ScoreResult

        if self.when == "always" or (self.when == "later" and measurement.label in self.asked):
            raise SystemExit(7)
        self.asked.add(measurement.label)
        if self.when == "on one" and measurement.label == "odd":
            raise SystemExit(7)
        return ScoreResult(self.name, Quantity(1.0, 0.1, "1"))


@pytest.mark.parametrize(
    ("when", "status_then", "where"),
    [("always", 2, "err"), ("at the start", 2, "err"), ("on one", 0, "err"), ("later", 0, "out")],
)
def test_a_third_partys_score_that_exits_is_reported_and_not_followed(
    when, status_then, where, models, capsys, monkeypatch
):
    monkeypatch.setattr(Leaves, "when", when)
    monkeypatch.setattr("wattwhat.scoring.score_class", lambda name: Leaves)
    status, out, err = score(capsys, models, "--score", "leaves")
    assert status == status_then
    assert "SystemExit: 7" in " ".join({"out": out, "err": err}[where].split())
    if when == "on one":
        assert "small" in out
        assert "large" in out


def test_ctrl_c_in_a_score_passes(models, capsys, monkeypatch):
    class Interrupted(Leaves):
        when = "never"

        def __call__(self, measurement):
            raise KeyboardInterrupt

    monkeypatch.setattr("wattwhat.scoring.score_class", lambda name: Interrupted)
    assert score(capsys, models, "--score", "leaves")[0] == 130


def test_the_table_fits_80_columns(tmp_path, capsys):
    runs = [
        net("a rather long name of a model " * 3 + str(i), 2e-5 * 10**i, 0.5 + 0.02 * i) for i in range(12)
    ]
    out = score(capsys, jsonl(tmp_path / "m.jsonl", runs), "--unit", "uJ")[1]
    table = [line for line in out.splitlines() if not line.startswith(("-", "  "))]
    assert max(map(len, table)) <= 80


def test_graded_models_fit_80_columns_with_names_that_can_be_told_apart(tmp_path, capsys):
    pytest.importorskip("scipy")
    names = [f"EfficientNet-Lite-{k}" for k in range(10)]
    runs = [net(name, 313.7 * 1.9**k, 0.6123 + 0.03 * k, items=100) for k, name in enumerate(names)]
    logs, target = jsonl(tmp_path / "m.jsonl", runs), str(tmp_path / "ref.json")
    assert main(["reference", "fit", logs, "-o", target, "--bootstrap", "20"]) == 0
    shown = [line for line in capsys.readouterr().out.splitlines() if target not in line]
    graded = score(capsys, logs, "--score", "grade", "--reference", target)[1].splitlines()
    assert max(map(len, [*shown, *graded])) <= 80
    rows = [line for line in graded if line.lstrip(" *")[:1].isdigit()]
    assert len({line.split()[1] for line in rows}) == len(names)
    assert any("ranks" in line for line in graded[:2])


def test_alike_reasons_are_told_once():
    reasons = [(f"net{i}", f"'net{i}' takes {i} J; use less") for i in range(9)]
    (told,) = together(reasons)
    assert told == "'net0' takes 0 J; use less; so are 8 more: net1; net2; net3; net4; ..."


def test_files_that_fail_for_different_reasons_are_not_told_as_one(capsys):
    complain_of(
        [
            Problem(LogError("begins like no log", path="a.txt")),
            Problem(LogError("holds 2 samples of no device", path="b.json")),
            Problem(LogError("begins like no log", path="c.txt")),
        ]
    )
    assert capsys.readouterr().err.splitlines() == [
        "problems (3):",
        "- a.txt: begins like no log; so is 1 more: c.txt",
        "- b.json: holds 2 samples of no device",
    ]


@pytest.mark.skipif(LOGS is None, reason="the real logs are not here: ../shared/logs is absent")
def test_a_folder_of_real_mixed_logs_is_scored(capsys):
    status, out, err = score(capsys, LOGS, "--score", "sam", "--unit", "mJ", "--accuracy", "0.8", "--json")
    assert status == 0
    assert {Path(row["file"]).suffix for row in objects(out)} >= {".csv", ".txt", ".json"}
    assert "MANIFEST.tsv" in err


@pytest.mark.parametrize(
    "words",
    [
        ("--metric", "wer"),
        ("--metric", "perplexity"),
        ("--score", "netscore", "--alpha", "3"),
        ("--score", "stars", "--mode", "quintile", "--unit", "Wh"),
        ("--score", "stars", "--mode", "quintile", "--metric", "f1"),
        ("--score", "accuracy-per-joule", "--tau", "2"),
        ("--inferences", "100"),
        ("--against", "small"),
    ],
)
def test_an_option_that_does_not_apply_is_refused_by_name(words, models, capsys):
    status, out, err = score(capsys, models, *words)
    assert (status, out) == (2, "")
    assert words[-2].strip("-") in err


def test_an_option_need_only_apply_to_one_of_several_scores(models, capsys):
    status, out, _ = score(capsys, models, "--score", "sam", "--score", "accuracy-per-joule", "--alpha", "3")
    assert status == 0
    assert "alpha=3" in out


def test_stars_without_items_and_an_accuracy_in_percent_are_told_as_what_they_are(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("model,energy_kwh,accuracy\na,10,80.5\nb,20,0.9\n", encoding="utf-8")
    _, _, err = score(capsys, table, "--score", "stars", "--mode", "quintile")
    assert "items" in err
    status, _, err = score(capsys, table)
    assert status == 2
    assert "percent" in err


def told_apart(tmp_path, column, values):
    table = tmp_path / "apart.csv"
    rows = [f"m{i},{10 * (i + 1)},0.{8 + i},{value}" for i, value in enumerate(values)]
    table.write_text("\n".join([f"model,energy_kwh,accuracy,{column}", *rows, ""]), encoding="utf-8")
    return table


@pytest.mark.parametrize(
    ("column", "values", "choice"),
    [
        ("phase", ("training", "inference"), ("--phase", "training")),
        ("Phase", ("train", "infer"), ("--phase", "training")),
        ("dataset", ("mnist", "cifar10"), ("--where", "dataset=mnist")),
        ("task", ("detection", "segmentation"), ("--where", "task=detection")),
    ],
)
def test_what_is_unlike_is_not_ranked_together_unasked(column, values, choice, tmp_path, capsys):
    table = told_apart(tmp_path, column, values)
    status, out, err = score(capsys, table, "--json")
    assert status == 0
    assert [(row["rank"], row["dominated"]) for row in objects(out)] == [(None, None)] * 2
    assert "not ranked" in err
    assert choice[0] in err
    _, out, _ = score(capsys, table, "--json", *choice)
    assert [(row["label"], row["rank"]) for row in objects(out)] == [("m0", 1)]
    _, out, _ = score(capsys, table, "--json", "--force")
    assert len(objects(out)) == 2
    if column in ("task", "dataset"):
        assert [row["rank"] for row in objects(out)] == [1, 2]


@pytest.mark.parametrize(
    ("format", "start"), [("csv", "model,accuracy,"), ("markdown", "| model | "), ("latex", "% ")]
)
def test_one_table_of_several_scores_for_a_paper(format, start, models, capsys):
    status, out, err = score(
        capsys, models, "--score", "sam", "--score", "pepr", "--format", format, "--epsilon", "0.02"
    )
    assert status == 0
    assert out.startswith(start)
    for name in ("SAM", "PePR", "rank", "stands for all to 2"):
        assert name in out
    assert "rank correlation:" in err
    assert "Spearman" in err


def test_how_far_scores_agree_stands_below_their_tables(models, capsys):
    _, out, _ = score(capsys, models, "--score", "sam", "--score", "pepr")
    assert "Kendall" in out[out.index("rank correlation") :]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "csv", "--json"], "--format: it does not go with --json"),
        (["--epsilon", "0.1"], "--epsilon: it marks models in the table of --format"),
        (["--format", "csv", "--epsilon", "-1"], "--epsilon: expected a share"),
    ],
)
def test_what_does_not_go_with_a_table_is_refused(words, said, models, capsys):
    status, out, err = score(capsys, models, *words)
    assert (status, out) == (2, "")
    assert said in " ".join(err.split())
