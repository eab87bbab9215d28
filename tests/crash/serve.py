"""A server for the crash tests: owns the workspace, submits the run once, and says what has become durable.

python tests/crash/serve.py WORKSPACE RECIPE.json       prints {"leaf", "hash"} lines for every leaf it can read back
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from backend.control.service import Service


def main(root: str, recipe: str) -> None:
    service = Service.open(root)
    if not any(run["kind"] == "run" for run in service.runs()):
        service.submit(json.loads(Path(recipe).read_text()))
    said = -1
    while True:
        fresh = [leaf for leaf in service.ledger(limit=1000) if leaf["leaf"] > said]
        for leaf in reversed(fresh):
            print(json.dumps({"leaf": leaf["leaf"], "hash": leaf["hash"]}), flush=True)
            said = leaf["leaf"]
        time.sleep(0.1)  # it asks for every leaf each time


if __name__ == "__main__":
    main(*sys.argv[1:])
