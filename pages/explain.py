"""Why does the model decide as it does, and may these maps be believed?"""

from typing import Any

import streamlit as st

from backend.workspace.layout import BadInput
from workbench.charts import explain as charts
from workbench.charts.theme import ARM_NAME
from workbench.page import headline, link, pick_run, plain
from workbench.session import service
from workbench.verdicts import explain as words

QUESTION = "Why does the model decide as it does, and may these maps be believed?"
SOURCES = ("Examples of the run", "Saved selection", "Another row")
GRID, SHOWN = 8, 16
AT_ONCE = 6  # examples of a selection drawn together


def maps_of(run: str, arm: str) -> tuple[dict[str, dict], dict | None, dict[str, str]]:
    """({method: body}, body of the controls or None, {method or control: artefact of its maps})"""
    events = [e for e in service().events(run, "attribution") if e["body"]["arm"] == arm]
    tested = service().latest(run, "attribution.controls", arm)
    subjects = [s for e in [*events, *([tested] if tested else [])] for s in e["subjects"]]
    files = {s["role"].rsplit("/", 1)[-1]: s["sha256"] for s in subjects}
    return {e["body"]["method"]: e["body"] for e in events}, tested and tested["body"], files


def figure_row(title: str, png: bytes, files: dict[str, str], done: dict[str, Any], at: int) -> dict[str, Any]:
    """One example for the figure: its image and the maps at position `at` of their files."""
    errors = {name: c["errors"][at] for name, c in done.items() if c}
    panels = [
        (words.panel(name, errors.get(name)), service().array(sha256, "maps", [at])[0])
        for name, sha256 in ((n, files[n]) for n in words.ordered(files))
    ]
    return {"title": title, "png": png, "panels": panels}


def draw(rows: list[dict[str, Any]], notes: list[str]) -> None:
    st.plotly_chart(charts.maps(rows), width="stretch", key="maps", config={"displaylogo": False})
    st.caption("  \n".join(plain(note) for note in [words.SCALE_NOTE, *notes]))


def of_the_run(run: dict, body: dict, methods: dict, files: dict[str, str], classes: list[str]) -> None:
    """Pick one of the run's examples by its thumbnail or from the list; its maps are already there."""
    rows = body["rows"]
    titles = [
        words.caption(*one, classes) for one in zip(body["label"], body["predicted"], body["probability"], strict=True)
    ]
    pictures = service().thumbnails(run["dataset"], rows[:SHOWN], 96)
    for start in range(0, len(pictures), GRID):
        for i, column in enumerate(st.columns(GRID), start=start):
            if i < len(pictures):
                column.image(pictures[i], caption=plain(titles[i]), width="stretch")
                column.button(f"Row {rows[i]}", key=f"row_{i}", on_click=choose, args=(i,), width="stretch")
    at = st.selectbox("Example", range(len(rows)), format_func=lambda i: f"Row {rows[i]}: {titles[i]}", key="example")
    png = service().thumbnails(run["dataset"], [rows[at]])[0]
    done = {m: b["completeness"] for m, b in methods.items()}
    draw([figure_row(f"Row {rows[at]}", png, files, done, at)], words.completeness_notes(done, [at]))


def choose(at: int) -> None:
    st.session_state["example"] = at


def asked(run: dict, arm: str, rows: list[int], methods: list[str], manifest: dict) -> None:
    """Rows that the run did not explain: the warm worker does it now and is remembered for this session."""
    sha256 = next(
        e["subjects"][0]["sha256"] for e in service().events(run["run"], "classifier") if e["body"]["arm"] == arm
    )
    question = {"kind": "attribute", "run": run["run"], "classifier": sha256, "dataset": manifest, "rows": rows}
    known = st.session_state.setdefault("explained", {})
    key = (sha256, tuple(rows))
    if key not in known:
        try:
            with st.spinner(f"Explaining {len(rows)} {'row' if len(rows) == 1 else 'rows'} …"):
                known[key] = service().ask({**question, "methods": methods}, timeout=120)
        except BadInput as error:
            st.error(plain(str(error)))
            return
    result, subjects = known[key]["result"], known[key]["subjects"]
    files = {s["role"].rsplit("/", 1)[-1]: s["sha256"] for s in subjects}
    done = {m: found["completeness"] for m, found in result["methods"].items()}
    pictures = service().thumbnails(run["dataset"], rows)
    notes = [
        f"Row {row}: {words.caption(label, guess, p[guess], result['classes'])}"
        for row, label, guess, p in zip(
            rows, result["label"], result["predicted"], result["probabilities"], strict=True
        )
    ]
    drawn = [figure_row(f"Row {row}", pictures[i], files, done, i) for i, row in enumerate(rows)]
    draw(drawn, [*notes, *words.completeness_notes(done, range(len(rows)))])


def selection(run: dict, arm: str, methods: list[str], manifest: dict) -> None:
    kept = {s["name"]: s["rows"] for s in service().selections(run["run"])}
    if not kept:
        st.info("No saved selection of this run: draw one on the map of the embeddings and save it.")
        link("embeddings", "Open the map", run=run["run"])
        return
    rows = kept[st.selectbox("Selection", list(kept), key="selection")]
    st.caption(f"The first {min(AT_ONCE, len(rows))} of {len(rows)} rows.")
    if st.button("Explain these", type="primary", key="ask_selection"):
        st.session_state["asked_selection"] = rows[:AT_ONCE]
    if st.session_state.get("asked_selection") == rows[:AT_ONCE]:
        asked(run, arm, rows[:AT_ONCE], methods, manifest)


def another(run: dict, arm: str, methods: list[str], manifest: dict) -> None:
    row = st.number_input("Row of the data set", 0, manifest["count"] - 1, value=None, step=1, key="other_row")
    if row is not None:
        asked(run, arm, [row], methods, manifest)


def tests(methods: dict, controls: dict) -> None:
    st.markdown("#### Which maps pass")
    st.plotly_chart(charts.tests(controls), width="stretch", key="tests")
    if controls["planted_mean"]:
        st.plotly_chart(charts.shares(methods, controls), width="stretch", key="shares")
    st.dataframe(words.table(methods, controls), hide_index=True, width="stretch")
    st.caption(words.RULE)
    more = st.expander("Deletion and insertion curves", key="curves_open", on_change="rerun")
    if more.open:
        more.plotly_chart(charts.curves(controls), width="stretch", key="curves")


run = pick_run(QUESTION, need="attribution")
if run:
    arms = list(dict.fromkeys(e["body"]["arm"] for e in service().events(run["run"], "attribution")))
    answer = st.container()
    arm = st.segmented_control("Model", arms, default=arms[0], format_func=ARM_NAME.get, key="arm") or arms[0]
    methods, controls, files = maps_of(run["run"], arm)
    with answer:
        headline(QUESTION, words.sentence(methods, controls), words.evidence(methods, controls))
    manifest = service().dataset(run["dataset"])
    source = st.segmented_control("Explain", SOURCES, default=SOURCES[0], key="source")
    if source == SOURCES[1]:
        selection(run, arm, list(methods), manifest)
    elif source == SOURCES[2]:
        another(run, arm, list(methods), manifest)
    else:
        of_the_run(run, next(iter(methods.values())), methods, files, manifest["classes"])
    if controls:
        tests(methods, controls)
elif st.session_state.get("current_run"):
    skipped = service().latest(st.session_state["current_run"], "stage.skipped", "attribute")
    if skipped:
        st.info(plain(f"Nothing was explained: {skipped['body']['reason']}."))
