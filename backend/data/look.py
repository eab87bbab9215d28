"""First looks at sources, in a process of their own: `python -m backend.data.look LIMIT` (bytes of memory).

What people hand over is hostile until it was read, and a look reads it in the native code of a dozen formats: it may
not fill or end the server. One question a line of JSON comes in ({"path", "kind", "told"}, as `preview` takes them),
one answer goes out: {"found": ...} or {"refused": line}. Ends with its input, and by itself after IDLE seconds without
a question.
"""

from __future__ import annotations

import json
import os
import select
import sys
from pathlib import Path
from typing import Any

from ..workspace import memory
from ..workspace.layout import BadInput
from ..workspace.reach import check_again

IDLE = 120.0


def main(limit: int) -> int:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    from .preview import preview

    memory.hold(limit)
    while select.select([sys.stdin], [], [], IDLE)[0]:
        line = sys.stdin.readline()
        if not line:
            break
        told, again = answer(json.loads(line), preview)
        print(json.dumps(told), file=answers, flush=True)
        if not again:
            break  # what is left of memory says nothing about the next source
    return 0


def answer(question: dict[str, Any], preview) -> tuple[dict[str, Any], bool]:
    """(the answer, whether this process can take another question)."""
    try:
        check_again(question.pop("reach", None), Path(question.pop("workspace", ".")))
        return {"found": preview(**question)}, True
    except MemoryError:
        return {"refused": str(memory.short(question["path"]))}, False
    except BadInput as error:
        return {"refused": str(error)}, True


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
