"""A tiny data set with a known answer for each modality; tests/contract/test_modalities.py runs the whole loop on each.

A module has `write(folder) -> dict` (what `workbench data add` takes, of a file that it wrote), `RECIPE` (seconds on
a CPU), `KNOWN`: an arm of the study, and the accuracy that it reaches at least with all labels, and
`again(folder, rows) -> [path]`: files that hold these rows as new ones, for a model that left.
"""
