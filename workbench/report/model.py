"""The run's model as a zip: for whoever uses it elsewhere."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from backend import exports
from backend.workspace.layout import BadInput

from ..documents.model import export_zip, folder_name
from ..frame.login import lock
from ..frame.page import plain
from ..frame.session import service
from ..frame.visit import of
from ..verdicts import arms
from ..verdicts import export as words

BEST, ALONE = "best", "encoder"
MOST = 2 << 30  # bytes that a page hands over


def show(run: str) -> None:
    """Which model, a button that writes it, and the zip once it is written."""
    if service().latest(run, "encoder") is None:
        st.info("There is no model yet: this run has finished no pretraining.")
        return
    st.caption(
        "Weights, code that scores new files without the workbench, ONNX where the network allows it, a card and the "
        "digest of every file. It is written into the record that the model left."
    )
    options = _options(run)
    if line := words.stays(_methods(run)[1]):
        st.caption(plain(line))
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    chosen = left.selectbox("Model", list(options), format_func=options.get, key=of(run, "model_what"))
    features = right.checkbox("Features of all data", key=of(run, "model_features"), help=words.EVERY_ROW)
    if st.button("Write the model", icon=":material/deployed_code:", key="write_model", **lock("report")):
        _write(run, chosen, features)
    made = st.session_state.get("model")
    if made and made["run"] == run:
        for line in made["notes"]:
            st.markdown(f"- {plain(line)}")
        name, payload = made["name"], made["payload"]
        size = f"Model, {len(payload) / 1e6:,.1f} MB"
        st.download_button(size, payload, name, "application/zip", key="get_model", icon=":material/download:")


def _options(run: str) -> dict[str, str]:
    """{choice: what it is called}, of what can leave; the first is what leaves unless somebody chooses."""
    able, stays = _methods(run)
    best = f"The readout that did best on validation{' of these' if stays else ''}"
    named = {name: f"The readout: {arms.method(name)}" for name in able}
    return {**({BEST: best} if able else {}), **named, ALONE: "The encoder alone"}


def _methods(run: str) -> tuple[list[str], list[str]]:
    """(the readouts of the study that can leave, those that stay): a model that is no network has nothing to export."""
    judged = service().latest(run, "study.verdict")
    table = judged["body"]["table"] if judged else []
    methods = list(dict.fromkeys(row["method"] for row in table if row["arm"] == "ssl"))
    able = [name for name in methods if exports.defines("finetune", name, "leaves")]
    return able, [name for name in methods if name not in able]


def _write(run: str, chosen: str, features: bool) -> None:
    asked = {ALONE: {"what": "encoder"}, BEST: {}}.get(chosen, {"what": "readout", "method": chosen})
    with st.spinner("Writing the model and checking it ..."), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.zip"
        try:
            told = export_zip(service(), run, path, features=features, **asked)
        except BadInput as problem:
            st.error(plain(str(problem)))
            return
        if path.stat().st_size > MOST:
            st.error(f"The zip is larger than {MOST >> 30} GB: write it on the shell with `workbench export`.")
            return
        payload = path.read_bytes()
    name = f"{folder_name(service().run(run))}.zip"
    notes = [words.sentence(told, name), *words.notes(told)]
    st.session_state["model"] = {"run": run, "name": name, "payload": payload, "notes": notes}
    st.rerun()
