"""Which files of the server's machine people with accounts can have read: everything that takes a path, and links."""

from __future__ import annotations

import json
import threading
from functools import cache
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import sample_data
from backend.control.api import create_api
from backend.control.people.authorised import AuthorisedService
from backend.control.service import Service
from backend.data.look import answer
from backend.data.preview import preview
from backend.data.spec import Spec
from backend.recipe import Recipe, Section, places
from backend.registry import catalogue
from backend.worker import register_data
from backend.workspace.events import EventLog
from backend.workspace.layout import BadInput, Workspace
from backend.workspace.reach import Reach, check_again
from tests.pages.conftest import register_texts

ROWS = "text,label\n" + "".join(f"a text number {n},{n % 2}\n" for n in range(40))


known_plugins = cache(catalogue)


@pytest.fixture(scope="module")
def machine(tmp_path_factory) -> Path:
    """A machine with data that may be read and data that may not: data/, other/, workspace/."""
    root = tmp_path_factory.mktemp("machine").resolve()
    for name in ("data/sets", "data-other", "other"):
        (root / name).mkdir(parents=True)
        (root / name / "a.csv").write_text(ROWS)
    (root / "data" / "link.csv").symlink_to(root / "other" / "a.csv")
    (root / "data" / "inside.csv").symlink_to(root / "data" / "sets" / "a.csv")
    return root


@pytest.fixture(scope="module")
def service(machine):
    service = Service.open(machine / "workspace", start_supervisor=False)
    service.catalogue = known_plugins
    register_texts(service)
    settings = f"[data]\nroots = [{json.dumps(str(machine / 'data'))}]\n"
    (service.workspace.root / "settings.toml").write_text(settings)
    for name, role in (("root", "viewer"), ("sam", "scientist")):
        service.people.add(name, role, email=f"{name}@example.org")
    yield service
    service.close()


@pytest.fixture(scope="module")
def outside(machine):
    """Paths that sam may not have read: each would be read where nobody asks."""
    workspace = machine / "workspace"
    (workspace / "uploads").mkdir(exist_ok=True)
    (workspace / "uploads" / "up.csv").symlink_to(machine / "other" / "a.csv")
    return [
        str(machine / "other" / "a.csv"),
        str(machine / "other"),
        str(machine / "data-other" / "a.csv"),  # begins like a root
        str(machine / "data" / ".." / "other" / "a.csv"),
        str(machine / "data" / "link.csv"),
        str(workspace / "uploads" / ".." / "token"),
        str(workspace / "uploads" / "up.csv"),
        str(workspace / "token"),
        str(workspace / "workbench.duckdb"),
        str(workspace / "settings.toml"),
        str(workspace),
        str(machine),
        "/etc/passwd",
        "/",
        "~",
        ".",
        str(machine / "nothing"),
        str(machine / "workspace" / "nothing"),
    ]


@pytest.fixture
def sams(service):
    """The service as sam's pages have it."""
    return AuthorisedService(service, service.people.caller("sam"))


def refused(call, *args, what: str = "path") -> None:
    with pytest.raises(BadInput) as problem:
        call(*args)
    line = str(problem.value)
    assert line.startswith(f"{what}: expected a path below ")
    assert "or an upload, found " in line
    assert len(line.splitlines()) == 1


def test_a_page_registers_and_looks_at_nothing_outside(sams, outside):
    for path in outside:
        refused(sams.add_data, {"name": "x", "path": path, "kind": "text"})
        refused(sams.preview, path)


def test_what_is_there_is_not_told(sams, machine):
    """A path outside reads the same whether something lies there or not."""
    said = set()
    for path in (machine / "other" / "a.csv", machine / "other" / "b.csv"):
        with pytest.raises(BadInput) as problem:
            sams.preview(str(path))
        said.add(str(problem.value).replace(path.name, ""))
    assert len(said) == 1


def test_below_a_root_and_uploads_are_read(service, sams, machine, tmp_path):
    upload = service.upload("own.csv", ROWS.encode())
    inside = [machine / "data" / "sets" / "a.csv", machine / "data" / "sets", machine / "data" / "inside.csv", upload]
    for n, path in enumerate(map(str, inside)):
        assert sams.preview(path)["rows"] in (40, None)
        run = sams.add_data({"name": f"set-{n}", "path": path, "kind": "text", "label": "label"})
        assert service.run(run)["recipe"]["path"] == str(Path(path).resolve())
    sams.add_data({"name": "built-in", "builtin": "digits"})
    sams.add_data({"name": "hub", "path": "hf:owner/name", "kind": "text"})


RECIPES = {
    "recipe: encoder.source": lambda path: {
        "encoder": {"name": "pretrained", "source": path},
        "tokenizer": {"name": "own"},
    },
    "recipe: finetune.reference": lambda path: {"finetune": {"baselines": ["reference"], "reference": path}},
    "recipe: probes.folder": lambda path: {"probes": {"folder": path}},
}


@pytest.mark.parametrize("field", RECIPES)
def test_a_recipe_names_nothing_outside(service, sams, outside, machine, field):
    def recipe(path):
        return {"data": {"name": "reviews"}, **RECIPES[field](path)}

    for path in outside:
        refused(sams.submit, recipe(path), what=field)
    run = sams.submit(recipe(str(machine / "data" / "sets")))
    job = json.loads(service.store.rows("SELECT body FROM ledger WHERE run = ?", [run])[0]["body"])
    assert job["reach"] == {
        "roots": [str(machine / "data")],
        "places": [[field, str(machine / "data" / "sets")]],
    }
    if field != "recipe: probes.folder":
        for source in ("hf:owner/name", "package:os"):
            sams.submit(recipe(source))


def test_the_api_and_the_command_line_over_it_say_so_in_one_line(service, outside, machine):
    header = {"Authorization": f"Bearer {service.people.token('sam', 3)['token']}"}
    with TestClient(create_api(service), headers=header) as http:
        for path in outside:
            told = http.post("/datasets", json={"name": "x", "path": path, "kind": "text"})
            assert (told.status_code, "or an upload, found" in told.json()["detail"]) == (400, True)
        for field, made in RECIPES.items():
            told = http.post("/runs", json={"data": {"name": "reviews"}, **made(str(machine / "other"))})
            assert (told.status_code, told.json()["detail"].partition(": expected")[0]) == (400, field)


def test_who_works_on_the_workspaces_own_files_may_read_what_the_system_lets_them(service, machine, tmp_path):
    other = str(machine / "other" / "a.csv")
    assert service.preview(other)["rows"] in (40, None)
    job = service.store.rows("SELECT body FROM ledger WHERE run = ?", [service.add_data({"name": "o", "path": other})])
    assert "reach" not in json.loads(job[0]["body"])
    single = Service.open(tmp_path / "ws", start_supervisor=False)
    single.add_data({"name": "o", "path": other}, actor="anybody")
    single.close()


def test_without_roots_there_are_uploads_alone(tmp_path):
    reach = Reach.of(Workspace.open(tmp_path).root)
    with pytest.raises(BadInput, match=r"below a folder that \[data\] roots of settings.toml names, or an upload"):
        reach.check("/etc/passwd")
    assert reach.check(str(tmp_path / "uploads" / "x" / "a.csv"))


@pytest.mark.parametrize("roots", ['["data"]', '["~/data"]', '[""]', "3", '["/a", 3]'])
def test_roots_are_absolute_paths(tmp_path, roots):
    (tmp_path / "settings.toml").write_text(f"[data]\nroots = {roots}\n")
    with pytest.raises(BadInput, match=r"settings.toml: data\.roots"):
        Reach.of(tmp_path)


def test_a_root_around_the_workspace_opens_nothing_of_it(tmp_path):
    root = Workspace.open(tmp_path / "lab" / "ws").root
    reach = Reach((str(tmp_path / "lab"),), str(root))
    assert reach.holds(tmp_path / "lab" / "a.csv")
    assert reach.holds(root / "uploads" / "a.csv")
    for closed in (root / "token", root, tmp_path / "lab", root / "artefacts" / "ab"):
        assert not reach.holds(closed)


# Links, and what changes after a path was checked


@pytest.fixture
def folder(tmp_path):
    """(a folder that may be read, a reach of it alone)"""
    for name in ("data/a/b", "other"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "x.txt").write_text("text")
    return tmp_path / "data", Reach((str(tmp_path.resolve() / "data"),), str(tmp_path / "ws"))


@pytest.mark.parametrize(
    ("at", "to"),
    [
        ("link.txt", "other/x.txt"),
        ("a/b/link.txt", "other/x.txt"),
        ("a/link", "other"),
        (".hidden", "other"),
        ("a/chain", "data/a/b/../../../other"),
        ("up", "data/.."),
        ("nowhere", "other/nothing"),
    ],
)
def test_a_link_that_leads_outside_is_found_wherever_it_lies(folder, tmp_path, at, to):
    data, reach = folder
    reach.check_tree(str(data))
    (data / at).symlink_to(tmp_path / to)
    with pytest.raises(BadInput, match="in it leads elsewhere"):
        reach.check_tree(str(data))


def test_links_that_stay_inside_are_followed_once(folder, tmp_path):
    data, reach = folder
    (data / "again").symlink_to(data / "a")
    (data / "a" / "loop").symlink_to(data)
    reach.check_tree(str(data))
    (data / "a" / "b" / "out").symlink_to(tmp_path / "other")
    with pytest.raises(BadInput, match="in it leads elsewhere"):
        reach.check_tree(str(data / "again"))


def told_of(folder) -> dict:
    data, reach = folder
    return reach.told([("path", str(data))])


def test_a_job_looks_again(folder, tmp_path, workspace):
    data, told = folder[0], told_of(folder)
    check_again(told, workspace.root)
    check_again(None, workspace.root)
    run = workspace.run("data-1")
    run.path.mkdir()
    events = EventLog(run.events)
    (data / "late.txt").symlink_to(tmp_path / "other" / "x.txt")
    todo = {"spec": {"name": "x", "path": str(data), "kind": "text"}, "attempt": 0, "reach": told}
    with pytest.raises(BadInput, match=r"late\.txt' in it leads elsewhere"):
        register_data(todo, run, events, Progress(), threading.Event())
    events.close()
    with pytest.raises(BadInput, match="leads elsewhere"):
        check_again(told, workspace.root)


class Progress:
    stage = unit = note = ""
    done = total = 0.0


def test_a_look_looks_again(folder, tmp_path):
    data = folder[0]
    question = {
        "path": str(data),
        "kind": "text",
        "told": {},
        "reach": told_of(folder),
        "workspace": str(tmp_path / "ws"),
    }
    assert "found" in answer(dict(question), preview)[0]
    (data / "late.txt").symlink_to(tmp_path / "other" / "x.txt")
    assert "leads elsewhere" in answer(dict(question), preview)[0]["refused"]


# Every field that could name a place

NO_PLACES = {
    "recipe": {"title", "stages"},
    "data": {"name"},
    "finetune": {"methods"},
    "projection": {"methods"},
    "attribution": {"methods"},
    "fairness": {"sensitive"},
    "probes": {"methods", "swaps"},
    "spec": {"name", "label", "positive", "positive_name", "split_by", "split_column", "image_column", "text_column"}
    | {"encoding", "separator", "builtin", "kind", "unit", "observed", "time_column"}
    | {"split_time", "schema_of"},
}
PLACES = {("finetune", "reference"), ("probes", "folder"), ("pretrained", "source"), ("spec", "path")}


def free_texts(schema: dict) -> dict[str, str | None]:
    """{field: its place} of every field that takes any text."""
    found = {}
    for name, one in schema.get("properties", {}).items():
        kinds = [one, *one.get("anyOf", []), *([one["items"]] if "items" in one else [])]
        if any(k.get("type") == "string" and not {"enum", "const", "pattern"} & k.keys() for k in kinds):
            found[name] = one.get("place")
    return found


def test_every_text_that_somebody_can_give_is_a_place_or_known_to_be_none():
    """A new one fails here until its author has said which."""
    schemas = {"recipe": Recipe.model_json_schema(), "spec": Spec.model_json_schema()}
    sections = {name: field.annotation for name, field in Recipe.model_fields.items()}
    of_sections = {n: s for n, s in sections.items() if isinstance(s, type) and issubclass(s, Section)}
    schemas |= {name: section.model_json_schema() for name, section in of_sections.items()}
    schemas |= {name: entry["schema"] for plugins in known_plugins().values() for name, entry in plugins.items()}
    schemas |= {f"builtin {name}": entry["schema"] for name, entry in sample_data.catalogue().items()}
    given = {(name, field): place for name, schema in schemas.items() for field, place in free_texts(schema).items()}
    unknown = set(given) - {(name, field) for name, fields in NO_PLACES.items() for field in fields}
    assert unknown == PLACES
    assert {found for found in given if given[found]} == PLACES - {("spec", "path")}


def test_places_are_found_in_a_recipe_wherever_they_stand():
    told = {
        "encoder": {"name": "pretrained", "source": "/a"},
        "finetune": {"reference": "package:x"},
        "probes": {"folder": "hf:x"},
    }
    recipe = Recipe.model_validate({"data": {"name": "x"}, **told})
    assert places(recipe, known_plugins()) == [("recipe: encoder.source", "/a"), ("recipe: probes.folder", "hf:x")]
