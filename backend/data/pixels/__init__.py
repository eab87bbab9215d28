"""From the numbers in a file to bytes, with nothing changed in silence.

scale     numbers of any range to 0..255: one scale for all splits, from robust limits
deep      pictures of more than 8 bits a channel (PNG, TIFF) as the numbers that stand in the file
tiff      the TIFF files among them, which Pillow reads in part or not at all
ground    what a transparent picture is put on, so that its ink stays visible
kinds     what a file is, by its first bytes
"""
