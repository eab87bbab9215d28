"""`python -m workbench.cli`: the same as the `workbench` command."""

from .app import main

main()
