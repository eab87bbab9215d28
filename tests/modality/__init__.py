"""A tiny data set with a known answer for each modality; tests/contract/test_modalities.py runs the whole loop on each.

A module has `write(folder) -> dict` (what `workbench data add` takes, of a file that it wrote), `RECIPE` (seconds on
a CPU) and `ACCURACY`, the least that pretraining reaches with all labels.
"""
