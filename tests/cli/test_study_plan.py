"""The verb study plan, as somebody types it."""

import json

import pytest

from wattwhat.cli import main

PLAN = 'models = ["json:dumps", "json:loads"]\nbatch_size = [1, 8]\n[measure]\nmax_seconds = 10\n'


@pytest.fixture
def plan(tmp_path):
    file = tmp_path / "plan.toml"
    file.write_text(PLAN)
    return file


def test_it_lists_cells_and_their_time(plan, capsys):
    assert main(["study", "plan", str(plan)]) == 0
    out = capsys.readouterr().out
    assert out.count("json:loads") == 2
    assert "4 cells of 2 models" in out


def test_its_json_has_every_cell(plan, capsys):
    assert main(["study", "plan", str(plan), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["count"] == len(found["cells"]) == 4
    assert 0 < found["least_s"] < found["most_s"]
    assert found["most_j"] == pytest.approx(sum(cell["most_j"] for cell in found["cells"]))
    assert {cell["batch_size"] for cell in found["cells"]} == {1, 8}


@pytest.mark.parametrize(
    "words", [["study"], ["study", "plans"], ["study", "plan"], ["study", "plan", "none.toml"]]
)
def test_bad_input_is_one_sentence_and_2(words, capsys):
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_busy_machine_takes_longer_and_the_plan_says_so(plan, capsys, monkeypatch):
    def told(load):
        monkeypatch.setattr("os.getloadavg", lambda: (load, load, load), raising=False)
        monkeypatch.setattr("os.cpu_count", lambda: 2)
        assert main(["study", "plan", str(plan), "--json", "-"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert main(["study", "plan", str(plan)]) == 0
        return found["most_s"] / found["count"], "others want" in capsys.readouterr().out

    rest_s, said_at_rest = told(0.5)
    busy_s, said_busy = told(11.0)
    assert busy_s == pytest.approx(
        rest_s + 5 * 10.0
    )  # six shares of two cores: what starts waits for its turn
    assert (said_at_rest, said_busy) == (False, True)
