"""A server for the kill test of appends: opens the workspace, serves its API, and says on which port.

python tests/crash/append.py WORKSPACE PORT
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import uvicorn

from backend.control.api import create_api
from backend.control.service import Service


def main(root: str, port: int) -> None:
    service = Service.open(root, port=port)
    api = create_api(service)

    @api.post("/append/{client}/{number}")
    def append(client: str, number: int) -> dict[str, int]:
        """Log one event; the answer is the acknowledgement."""
        body = {"client": client, "number": number}
        return {"leaf": service.store.write(lambda tx: tx.log("appended", body, actor=client, run="kills"))}

    uvicorn.run(api, host="127.0.0.1", port=port, log_level="error")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
