"""A log of plain hashes and a witness over HTTP on localhost, for tests."""

from __future__ import annotations

import hashlib
import threading
import time

import uvicorn

from backend.audit.ledger.ledger import leaf_hash
from backend.audit.ledger.notes import Checkpoint, Note, SigningKey, sign_note
from backend.audit.ledger.proofs import Nodes
from backend.audit.witness.app import create_witness_app
from backend.audit.witness.witness import Witness

KEY = SigningKey("log.example/tests", hashlib.sha256(b"a log for tests").digest())


class Log:
    """`size` leaves that say their number and their history; signed by KEY unless told otherwise."""

    def __init__(self, size: int, history: str = "a", key: SigningKey = KEY):
        self.nodes = Nodes(leaf_hash(f"{history} {leaf}".encode()) for leaf in range(size))
        self.key = key

    def note(self, size: int | None = None) -> Note:
        size = self.nodes.size if size is None else size
        return sign_note(Checkpoint(self.key.name, size, self.nodes.root(size)).text(), self.key)

    def prove(self, first: int, second: int) -> list[bytes]:
        return self.nodes.consistency(first, second)


class Serving:
    """The witness, answering at `url` while the `with` block lasts."""

    def __init__(self, witness: Witness, port: int = 0):
        config = uvicorn.Config(create_witness_app(witness), port=port, log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)

    def __enter__(self) -> str:
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        (socket,) = self._server.servers[0].sockets
        return f"http://127.0.0.1:{socket.getsockname()[1]}"

    def __exit__(self, *error: object) -> None:
        self._server.should_exit = True
        self._thread.join()
