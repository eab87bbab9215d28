"""The tree, its last checkpoint, and the bundle that an auditor takes away."""

from __future__ import annotations

import tempfile
from pathlib import Path

import streamlit as st

from backend.workspace.layout import BadInput

from ..frame.login import lock
from ..frame.page import plain
from ..frame.safe import cells
from ..frame.session import service
from ..verdicts import audit as words

MOST = 1 << 30  # bytes of a bundle that a browser is handed; a larger one is written by the shell


def state() -> None:
    """How long the record is, who has signed for it, and how to take it away."""
    st.markdown("## The record")
    tree = service().trail.tree()
    st.dataframe(cells(words.state(tree)), hide_index=True, key="tree")
    left, right = st.columns([1, 3], vertical_alignment="center")
    if left.button("Build the bundle", icon=":material/inventory_2:", key="bundle", **lock("export")):
        _bundle()
    kept = st.session_state.get("bundle_made")
    if kept and kept["size"] == tree["size"]:
        name, told = f"record-{kept['size']}.zip", f"Download, {len(kept['payload']) / 1e6:,.1f} MB"
        right.download_button(told, kept["payload"], file_name=name, mime="application/zip", key="get_bundle")
    st.caption(
        "The bundle holds every event, checkpoint and public key, and verify.py: one file that checks it all on "
        "another machine with nothing but Python. Personal payloads stay here."
    )


def _bundle() -> None:
    with st.spinner("Signing a checkpoint and writing the bundle …"), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.zip"
        try:
            service().trail.export(path)
        except BadInput as problem:
            st.error(plain(str(problem)))
            return
        if path.stat().st_size > MOST:
            st.error("The bundle is larger than a browser takes: `workbench audit export -o FILE` writes it.")
            return
        payload = path.read_bytes()
    st.session_state["bundle_made"] = {"size": service().trail.tree()["size"], "payload": payload}
    st.rerun()
