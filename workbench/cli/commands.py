"""What the commands of `workbench.cli` do and print; works on a Service and on a Client alike."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

from backend.workspace.layout import BadInput

from .following import detach, follow, seconds  # noqa: F401 - `detach` is the shell's
from .telling import tell, tell_all

RECIPES = Path(__file__).resolve().parents[2] / "sample_data" / "recipes"
# Small and clear enough that the whole loop, supervised baselines included, converges within five minutes on two cores.
DEMO_DATA = {"name": "clinic", "builtin": "clinic", "kind": "image", "params": {"size": 24, "contrast": 100}}


def serve(root: Path, host: str, port: int, read_only: bool, allowed: list[str]) -> None:
    from ..serve.server import serve as run_server

    run_server(root, host, port, lambda service: announce(service, host, port), read_only, allowed)


def announce(service: Any, host: str, port: int) -> None:
    reading = ", for reading only" if service.read_only else ""
    where = f"workspace {service.workspace.root}{reading}, API at /api/docs"
    tell(f"SSL Workbench on http://{host}:{port}  ({where})")
    if host not in ("127.0.0.1", "localhost", "::1") and not service.people.accounts:
        tell(
            f"workbench: warning: --host {host} lets other machines reach the pages in single-user mode, where "
            "everybody may do everything; `workbench users add` turns accounts on",
            err=True,
        )


def demo_served(root: Path, host: str, port: int) -> None:
    """Serve, open the browser where there is one, and run the loop behind the pages."""
    from ..serve.server import serve as run_server

    def ready(service: Any) -> None:
        announce(service, host, port)
        threading.Thread(target=loop, args=(service,), name="demo", daemon=True).start()

    def loop(service: Any) -> None:
        try:
            run = start_demo(service)
        except BadInput as error:
            tell(f"workbench: demo: {error}", err=True)
            return
        tell(f"demo run: http://{host}:{port}/run?run={run}")
        open_browser(f"http://{host}:{port}/run?run={run}")

    run_server(root, host, port, ready=ready)


def open_browser(url: str) -> None:
    """Open the user's browser when this machine has a screen; never a text browser in the terminal."""
    import os
    import webbrowser

    if sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(url)


def start_demo(service: Any) -> str:
    """Register `clinic` if it is not there yet and submit the demo recipe; returns the run."""
    from backend.recipe import read_toml

    if not any(d["name"] == DEMO_DATA["name"] for d in service.datasets()):
        ended = service.wait(service.add_data(DEMO_DATA))
        if ended["state"] != "succeeded":
            raise BadInput(f"clinic: expected to be registered, found {ended['reason']}")
    return submit(service, read_toml(RECIPES / "demo.toml"), RECIPES / "demo.toml")


def demo_headless(service: Any) -> dict[str, Any]:
    """The loop with a progress bar; ends with the path of its report."""
    from .report import write_report

    run = start_demo(service)
    result = follow(service, run)
    if result["state"] == "succeeded":
        path = service.workspace.root / "reports" / f"{run}.html"
        write_report(service, run, "html", path)
        tell(f"report: {path}")
        result["report"] = str(path)
    return result


def add_data(service: Any, spec: dict[str, Any]) -> dict[str, Any]:
    """Register a data set, wait, print what the sheet warns of."""
    ended = follow(service, service.add_data(spec), verdicts=False)
    result = {"run": ended["run"], "state": ended["state"], "reason": ended["reason"], "input": False}
    result["left"] = ended["left"]
    if ended["state"] == "succeeded":
        manifest, sheet = service.dataset(spec["name"]), service.sheet(spec["name"])
        print_dataset(manifest, sheet)
        result |= {"name": spec["name"], "digest": manifest["digest"], "warnings": sheet["warnings"]}
    elif not result["left"]:
        failure = service.latest(ended["run"], "run.failed")
        result["input"] = bool(failure and failure["body"].get("input"))
    return result


def submit(service: Any, raw: dict[str, Any], file: Path) -> str:
    """Submit a recipe that was read from `file`; what is wrong with it is said with the file's name."""
    try:
        return service.submit(raw)
    except BadInput as error:
        raise BadInput(f"{file}: {str(error).removeprefix('recipe: ')}") from None


def foresee(service: Any, raw: dict[str, Any], file: Path) -> dict[str, Any]:
    """Check a recipe as submitting it would, and print what it will take and what its study will be able to see.

    Returns {"recipe" (with its defaults), "foreseen" [sentences]}. Raises BadInput with the file's name.
    """
    from backend.control.runs.specs import check_recipe, resolve_for_data
    from backend.targets import declared, type_of

    from ..run import paces
    from ..study.asking import foreseen
    from ..verdicts.run import stage_name

    try:
        resolved, manifest = resolve_for_data(raw, service.catalogue, service.dataset)
        columns = ["split", declared(type_of(manifest)).COLUMN]
        check_recipe(resolved, manifest, lambda: service.table(manifest["table"]["sha256"], columns))
    except BadInput as error:
        raise BadInput(f"{file}: {str(error).removeprefix('recipe: ')}") from None
    recipe = resolved.model_dump(mode="json")
    lines = [*paces.foreseen(service, recipe, manifest), *foreseen(service, recipe, manifest)]
    stages = ", ".join(stage_name(stage).lower() for stage in resolved.stages)
    tell(f"{file}: {stages} on {manifest['name']}; nothing was started")
    for line in lines:
        tell(f"  {line}")
    return {"recipe": recipe, "foreseen": lines}


def run_verdicts(service: Any, run: str) -> list[str]:
    from ..verdicts.run import sentences

    return sentences(service, run)


def show_run(service: Any, run: str) -> dict[str, Any]:
    found = service.run(run)
    state = "ended early by its sweep" if found.get("why") and found["state"] == "cancelled" else found["state"]
    tell(f"{found['run']}: {state}" + (f": {found['reason']}" if found["reason"] else ""))
    tell(f"  data {found['dataset']}, created {found['created']}, ran {seconds(found)}")
    if found["tags"]:
        tell(f"  tags {', '.join(found['tags'])}")
    if found["resumable"]:
        tell(f"  `workbench runs resume {run}` lets it go on from its last checkpoint")
    found["verdicts"] = run_verdicts(service, run) if found["kind"] == "run" else []
    for line in found["verdicts"]:
        tell(f"  {line}")
    if found["state"] in ("failed", "lost"):
        tell_all(service.log(run, 30))
    return found


def print_datasets(datasets: list[dict[str, Any]]) -> None:
    from ..targets import short

    for d in datasets:
        tell(f"{d['name']:<20} {d['kind']:<6} {d['count']:>8,} rows  {short(d)}  {d['digest'][:12]}")
    if not datasets:
        tell("No data set yet: `workbench data add PATH --name NAME` registers one.")


def print_dataset(manifest: dict[str, Any], sheet: dict[str, Any]) -> None:
    from ..verdicts import data as data_words
    from ..verdicts import run as run_words

    tell(f"{run_words.dataset_line(manifest)}, digest {manifest['digest'][:16]}")
    tell("  splits: " + ", ".join(f"{split} {n:,}" for split, n in sheet["counts"].items()))
    if manifest["label"]:
        tell(f"  label {manifest['label']}: {run_words.shortened(manifest['classes'])}")
    if told := sheet.get("target"):
        tell(f"  {data_words.target_line(told)}")
    if manifest["sensitive"]:
        tell(f"  sensitive: {', '.join(manifest['sensitive'])}")
    for line in data_words.read_lines(manifest, sheet):
        tell(f"  {line[0].lower()}{line[1:]}")
    for line in data_words.shell_lines(manifest, sheet):
        tell(f"  {line}")


def print_verification(result: dict[str, Any], pinned: bool = False) -> None:
    """The findings, or that there are none; then up to where the record is signed, and by whom."""
    from ..verdicts import audit as words

    if result["ok"]:
        tell("clean: {events:,} events, {artefacts:,} artefacts, root {root}".format(**result))
    for finding in result["findings"]:
        tell(f"{finding['kind']}: {finding['line']}")
    if result["events"]:
        tell(words.covered(result))
        tell(words.spoken(result, pinned))
