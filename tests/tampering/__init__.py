"""A finished workspace, tampered with in every way that we can think of; what verification makes of each.

workspace.py   one finished workspace, with all that a workspace can hold
hand.py        what a tamperer has in hand: the files, the database, the code that makes hashes and roots, the key
leaves.py, tables.py, catalogue.py, files.py    the mutations, one function each
test_mutations.py    each is found and named, or listed as out of reach with the reason; docs/tampering.md is the table
"""
