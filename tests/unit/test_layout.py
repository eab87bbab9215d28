"""The workspace: safe names, whole files, a token that only its owner reads."""

import pytest

from backend.workspace.layout import BadInput, Workspace, check_name, write_atomic


@pytest.mark.parametrize("name", ["a", "ham10000-64", "A.b_c", "0" * 64])
def test_good_names(name):
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "a\\b", "a b", "ä", "a\n", "a" * 65, None, 3])
def test_bad_names_are_one_line(name):
    with pytest.raises(BadInput, match="expected 1 to 64") as caught:
        check_name(name, "data.name")
    assert "\n" not in str(caught.value)


def test_the_token_is_made_once_and_only_the_owner_reads_it(tmp_path):
    first = Workspace.open(tmp_path / "ws")
    assert len(first.token) >= 32
    assert first.token_file.stat().st_mode & 0o777 == 0o600
    assert Workspace.open(tmp_path / "ws").token == first.token


def test_no_run_outside_the_workspace(tmp_path):
    with pytest.raises(BadInput):
        Workspace.open(tmp_path).run("../../etc")


def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.json"
    write_atomic(path, b"old")
    monkeypatch.setattr("os.replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]
