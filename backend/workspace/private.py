"""A workspace is its owner's alone: folders 0700, files 0600, whatever the umask of who starts a process."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

OTHERS = 0o077  # every right of the group and of everybody else


def keep_private() -> None:
    """From now on what this process and its children make is their owner's alone. For the start of a program."""
    os.umask(OTHERS)


def narrow(root: Path) -> None:
    """Take the rights of others off the folder of a workspace, and say so; where it cannot be done, say that.

    The folder alone: nobody passes it to what lies below, whatever rights that has.
    """
    found = root.stat()
    mode = stat.S_IMODE(found.st_mode)
    if not mode & OTHERS:
        return
    wider = f"workbench: workspace {root}: expected a folder for its owner alone (700), found {mode:o}"
    if found.st_uid == os.geteuid():
        try:
            root.chmod(mode & ~OTHERS)
        except OSError as error:
            print(f"{wider}, which could not be changed: {error.strerror}", file=sys.stderr, flush=True)
        else:
            print(f"{wider}; it is {mode & ~OTHERS:o} now", file=sys.stderr, flush=True)
    else:
        print(f"{wider}, and another owner, who alone can change it", file=sys.stderr, flush=True)
