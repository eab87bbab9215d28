"""Hatchling's hook: the explorer's view is bundled whenever the package is built, `pip install -e` included."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ViewHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        script = runpy.run_path(str(Path(self.root, "workbench", "explorer", "view", "build.py")))
        try:
            script["build"]()
        except script["NotBuilt"] as problem:
            self.app.abort(str(problem))
