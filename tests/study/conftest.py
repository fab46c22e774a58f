"""Locks of the tests are their own."""

import pytest


@pytest.fixture(autouse=True)
def own_locks(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("locks")
    monkeypatch.setenv("WATTWHAT_LOCKS", str(folder))
    return folder
