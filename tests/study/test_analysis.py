"""The analysis on made studies whose truth is known."""

import math
import random

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattwhat import Measurement, Quantity
from wattwhat.cli import main
from wattwhat.errors import ArgumentError
from wattwhat.records.jsonl import write_jsonl
from wattwhat.study import analyse, run_study
from wattwhat.study.analysis.best import best_of
from wattwhat.study.analysis.correlations import correlations_of, pearson
from wattwhat.study.analysis.effects import effects_of
from wattwhat.study.analysis.files import tables_of
from wattwhat.study.analysis.rows import rows_of
from wattwhat.study.job import Outcome

from tests.study.made import plan_of  # isort: skip


def row(model, joules, u=0.001, metrics=None, details=None, **setting):
    cell = {"batch_size": 1, "runtime": "eager", "precision": "fp32", **setting}
    return Measurement(
        label=model,
        energy_j=Quantity(joules, u * joules, "J"),
        duration_s=1.0,
        items=1.0,
        calls=1,
        provenance="measured",
        metrics=metrics or {},
        budget=(("repeatability", u * joules),),
        details={"cell": cell, "blocks": 9, **(details or {})},
    )


def study(models, runtimes, batches, noise=0.0, seed=0):
    """Energies that are a product of what the model, the runtime and the batch make of them, and of noise."""
    chance = random.Random(seed)
    found = []
    for number, flops in enumerate(models):
        for runtime, factor in runtimes.items():
            own = math.exp(chance.gauss(0.0, noise))  # how this model takes to that runtime
            for batch, share in batches.items():
                metrics = {"flops": flops, "activations_conv": flops**0.5}
                joules = 1e-9 * flops * factor * share * own
                found.append(row(f"m{number}", joules, metrics=metrics, runtime=runtime, batch_size=batch))
    return found


MODELS = st.lists(st.floats(1e6, 1e12), min_size=1, max_size=6, unique=True)
RUNTIMES = st.fixed_dictionaries({"eager": st.just(1.0), "compile": st.floats(0.1, 10.0)})
BATCHES = st.fixed_dictionaries({1: st.just(1.0), 8: st.floats(0.1, 2.0), 64: st.floats(0.1, 2.0)})


@settings(max_examples=30)
@given(MODELS, RUNTIMES, BATCHES)
def test_a_factor_that_multiplies_is_found_exactly(models, runtimes, batches):
    effects = {(one.factor, one.level): one for one in effects_of(rows_of(study(models, runtimes, batches)))}
    assert effects["runtime", "compile"].ratio == pytest.approx(runtimes["compile"])
    assert effects["batch_size", 64].ratio == pytest.approx(batches[64])
    assert effects["runtime", "compile"].models == len(models)
    assert effects["runtime", "compile"].pairs == 3 * len(models)


@settings(max_examples=20)
@given(MODELS, RUNTIMES, BATCHES, st.floats(0.01, 100.0), st.randoms(use_true_random=False))
def test_what_a_sensor_gets_wrong_everywhere_and_the_order_of_rows_change_nothing(
    models, runtimes, batches, gain, chance
):
    rows = study(models, runtimes, batches, noise=0.2)
    before = effects_of(rows_of(rows))
    other = [row(m.label, gain * m.energy_j.value, metrics=m.metrics, **m.details["cell"]) for m in rows]
    chance.shuffle(other)
    for one, two in zip(before, effects_of(rows_of(other)), strict=True):
        assert (one.factor, one.level, one.models) == (two.factor, two.level, two.models)
        assert (one.ratio, one.low, one.high) == pytest.approx((two.ratio, two.low, two.high))


def test_the_interval_of_an_effect_holds_the_truth_as_often_as_it_says():
    """400 studies of 8 models that take to a runtime differently: 95 % of intervals hold the mean ratio."""
    inside = 0
    for seed in range(400):
        rows = rows_of(study([1e9] * 8, {"eager": 1.0, "compile": 0.7}, {1: 1.0}, noise=0.3, seed=seed))
        effect = effects_of(rows)[0]
        inside += effect.low <= 0.7 <= effect.high
    assert 0.92 <= inside / 400 <= 0.98


def test_of_one_model_the_interval_is_that_of_its_measurements():
    effect = effects_of(rows_of([row("m", 2.0, 0.01), row("m", 1.0, 0.02, runtime="compile")]))[0]
    assert effect.ratio == pytest.approx(0.5)
    half = 1.96 * math.hypot(0.01, 0.02)
    assert (effect.low, effect.high) == pytest.approx((0.5 * math.exp(-half), 0.5 * math.exp(half)), rel=1e-3)
    assert effect.established


@settings(max_examples=30)
@given(MODELS, RUNTIMES, st.floats(0.0, 10.0))
def test_a_tactic_saves_what_the_mean_model_takes_less_and_money_goes_with_it(models, runtimes, price):
    analysis = analyse(study(models, runtimes, {1: 1.0}), price_per_kwh=price)
    (tactic,) = analysis.tactics
    mean_j = sum(1e-9 * flops for flops in models) / len(models)
    assert tactic.saved_kwh == pytest.approx(mean_j * (1.0 - runtimes["compile"]) / 3.6, abs=1e-12 * mean_j)
    assert tactic.low <= tactic.saved_kwh <= tactic.high
    assert tactic.money(price)[0] == pytest.approx(price * tactic.saved_kwh)
    assert "EUR" in str(analysis)


def test_a_tactic_tells_what_it_costs_in_accuracy_and_errors():
    rows = [
        row("m", 2.0, metrics={"accuracy": 0.80}),
        row("m", 1.0, metrics={"accuracy": 0.77, "parity_error": 0.02}, precision="int8"),
    ]
    analysis = analyse(rows)
    (tactic,) = analysis.tactics
    assert tactic.accuracy_change == pytest.approx(-0.03)
    assert tactic.effect.parity_error == 0.02
    assert tables_of(analysis)["tactics.csv"][1][:3] == ["precision", "int8", "fp32"]


def test_an_accuracy_that_was_joined_is_no_change_of_accuracy():
    """A table tells it of a model, and every setting of the model has the same."""
    joined = {"metrics": {"accuracy": 0.8}, "details": {"accuracy_source": "a table"}}
    rows = [row("m", 2.0, **joined), row("m", 1.0, precision="int8", **joined)]
    assert analyse(rows).tactics[0].accuracy_change is None


@pytest.mark.parametrize("price", [-0.1, math.nan, math.inf, "0.3", True])
def test_a_price_that_is_none_is_refused(price):
    with pytest.raises(ArgumentError, match="price_per_kwh"):
        analyse([row("m", 2.0)], price_per_kwh=price)


def test_only_cells_alike_in_everything_else_are_pairs():
    rows = [row("a", 1.0), row("a", 9.0, runtime="compile", batch_size=8), row("b", 1.0, runtime="compile")]
    assert effects_of(rows_of(rows)) == []


@settings(max_examples=20)
@given(st.lists(st.floats(1e6, 1e12), min_size=4, max_size=9, unique_by=lambda x: round(math.log(x), 3)))
def test_energy_in_step_with_flops_correlates_fully(models):
    found = {
        one.property: one for one in correlations_of(rows_of(study(models, {"eager": 1.0}, {1: 1.0, 8: 0.5})))
    }
    assert found["flops"].r == pytest.approx(1.0)
    assert found["flops"].slope == pytest.approx(1.0)
    assert found["activations"].slope == pytest.approx(2.0)
    assert (found["flops"].models, found["flops"].settings) == (len(models), 2)


def test_many_settings_do_not_make_few_models_many():
    models = [1e6, 3e6, 1e7, 5e8, 2e9]
    once = correlations_of(rows_of(study(models, {"eager": 1.0}, {1: 1.0})))
    often = correlations_of(rows_of(study(models, {"eager": 1.0, "compile": 2.0}, {1: 1.0, 2: 1.0, 4: 1.0})))
    assert often[0].high - often[0].low == pytest.approx(once[0].high - once[0].low)


def test_three_models_tell_no_correlation():
    assert correlations_of(rows_of(study([1e6, 1e7, 1e8], {"eager": 1.0}, {1: 1.0}))) == []
    assert math.isnan(pearson([(1.0, 2.0), (1.0, 3.0)])[0])


def test_the_best_setting_has_right_outputs_and_names_its_likes():
    rows = [
        row("m", 4.0),
        row("m", 2.0, 0.1, runtime="compile"),
        row("m", 2.1, 0.1, runtime="export"),
        row("m", 1.0, precision="int8", metrics={"parity_error": 0.5}),
    ]
    (best,) = best_of(rows_of(rows))
    assert best.row.setting["runtime"] == "compile"
    assert best.saving == pytest.approx(0.5)
    assert [one.setting["runtime"] for one in best.alike] == ["export"]
    assert best.wrong == 1


def test_a_cell_of_one_block_is_never_told_to_take_more():
    one = attrs.evolve(row("m", 4.0), details={**row("m", 4.0).details, "blocks": 1})
    (best,) = best_of(rows_of([one, row("m", 2.0, runtime="compile")]))
    assert [other.setting["runtime"] for other in best.alike] == ["eager"]


def accurate():
    rows = []
    for number, accuracy in enumerate((0.6, 0.65, 0.7, 0.75, 0.8, 0.84)):
        joules = math.exp(10 * accuracy + 0.01 * number)
        rows.append(row(f"m{number}", joules, metrics={"accuracy": accuracy, "flops": 1e9 * joules}))
    return rows


def test_accuracy_against_energy_is_fitted_where_accuracies_are_known():
    analysis = analyse(accurate())
    assert len(analysis.relations) == 5  # four, and constant energy
    assert "one more point costs" in str(analysis)
    assert "accuracies of 0 models" in analyse([row("m", 1.0)]).no_relations


def test_the_reference_cell_tells_drift_and_is_no_row_of_its_own():
    rows = [row("m", 1.0), row("m", 1.1, reference=0), row("m", 0.9, reference=1)]
    analysis = analyse(rows)
    assert analysis.drift == pytest.approx(0.1)
    assert "within 10 % of its mean" in str(analysis)
    assert len(analysis.best) == 1


def test_tables_have_all_columns_of_their_heading():
    for rows in tables_of(analyse(accurate() + study([1e9], {"eager": 1, "compile": 2}, {1: 1.0}))).values():
        assert {len(one) for one in rows} == {len(rows[0])}
        assert len(rows) > 1 or "effects" in rows[0]


def test_a_file_of_measurements_is_enough(tmp_path):
    write_jsonl(tmp_path / "results.jsonl", [row("m", 2.0), row("m", 1.0, runtime="compile")])
    assert analyse(tmp_path).effects[0].ratio == pytest.approx(0.5)
    with pytest.raises(ArgumentError, match="holds no study"):
        analyse(tmp_path.parent)


def test_nothing_measured_is_told():
    with pytest.raises(ArgumentError, match="run the study first"):
        analyse([])


@pytest.fixture
def results(tmp_path):
    def launch(jobs, keep, options):
        for job in jobs:
            cell = {"key": job.key, **job.cell.settings()}
            metrics = {"flops": 1e9 * int(job.cell.model[-1]) + 1e9, "activations_conv": 1e6}
            joules = metrics["flops"] * 1e-9 / job.cell.batch_size**0.1
            m = row(job.cell.model, joules, metrics=metrics)
            data = m.to_dict()
            data["details"] = {"cell": cell}
            keep(Outcome(job.key, job.cell.settings(), data))

    run_study(plan_of(5, 3), tmp_path / "out", launcher=launch)
    return tmp_path / "out"


def test_the_verb_writes_report_tables_plots_and_page(results, capsys):
    assert main(["study", "analyse", str(results)]) == 0
    out, err = capsys.readouterr()
    assert "15 cells of 5 models" in out
    folder = results / "analysis"
    assert {"report.txt", "cells.csv", "effects.csv", "correlations.csv", "best.csv"} <= {
        file.name for file in folder.iterdir()
    }
    assert len((folder / "cells.csv").read_text().splitlines()) == 16
    page = (folder / "page.html").read_text()
    assert '{"name":"batch size","number":true,"setting":true}' in page
    assert "15 cells of 5 models" in page
    if "needs" in err or "is not installed" in err:
        pytest.skip("Altair is not installed, as the warning says")
    assert (folder / "effects.png").read_bytes().startswith(b"\x89PNG")


def test_the_verb_without_altair_says_what_is_missing(results, capsys, monkeypatch):
    def lacking():
        raise ArgumentError("charts need altair, which is not installed")

    monkeypatch.setattr("wattwhat.study.analysis.plots.altair", lacking)
    assert main(["study", "analyse", str(results), "-o", str(results / "mine"), "--json"]) == 0
    out, err = capsys.readouterr()
    assert "altair, which is not installed" in err
    assert '"correlations": [{"property": ' in out
    assert (results / "mine" / "report.txt").exists()
    assert not (results / "mine" / "effects.png").exists()
    assert (results / "mine" / "page.html").exists()


def test_a_folder_with_something_else_is_not_written_into(results, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "report.txt").write_text("my thesis")
    assert main(["study", "analyse", str(results), "-o", str(tmp_path / "mine")]) == 2
    assert "something else" in capsys.readouterr().err
    assert (tmp_path / "mine" / "report.txt").read_text() == "my thesis"


def test_rows_of_unlike_machines_are_no_pairs():
    def on(host, joules, runtime):
        m = row("m", joules, runtime=runtime)
        return attrs.evolve(m, details={**m.details, "device": host})

    mixed = [on("a fast CPU", 1.0, "eager"), on("a slow CPU", 2.0, "compile")]
    assert effects_of(rows_of(mixed)) == []
    alike = [*mixed, on("a slow CPU", 4.0, "eager")]
    assert effects_of(rows_of(alike))[0].ratio == pytest.approx(0.5)
    assert [one.row.hardware for one in best_of(rows_of(alike))] == ["a fast CPU", "a slow CPU"]
