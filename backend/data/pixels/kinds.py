"""What a file is, by its first bytes. An ending is what somebody called it."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePath

UNKNOWN = "another kind of file"
HEAD = 264  # bytes that are looked at
FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF", "PPM")  # what is read, as Pillow calls it
SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".jfif", ".jpe", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".ppm", ".pgm", ".pbm", ".pnm",
    ".pfm",
)  # fmt: skip
# TIFF files by their bytes whose first page is a thumbnail, not the picture
_RAW = (".dng", ".nef", ".cr2", ".arw", ".pef", ".orf", ".rw2", ".srw", ".3fr", ".iiq", ".nrw", ".raw")
_HALF = ("~", ".bak", ".orig", ".tmp", ".part", ".crdownload", ".download")  # left behind by programs
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF87a": "GIF", b"GIF89a": "GIF",
    b"II*\0": "TIFF", b"MM\0*": "TIFF", b"II+\0": "TIFF", b"MM\0+": "TIFF",
}  # fmt: skip
_OTHERS = {
    b"8BPS": "Photoshop", b"\xff\x4f\xff\x51": "JPEG 2000", b"\0\0\0\x0cjP  ": "JPEG 2000", b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL", b"v/1\x01": "OpenEXR", b"#?RADIANCE": "Radiance HDR", b"SIMPLE  =": "FITS",
    b"NRRD": "NRRD", b"qoif": "QOI", b"\0\0\1\0": "icon", b"DDS ": "DirectDraw",
}  # fmt: skip
_NO_PICTURES = {
    b"%PDF": "PDF", b"PK\3\4": "zip", b"\x1f\x8b": "gzip", b"Rar!": "RAR", b"7z\xbc\xaf": "7-Zip",
    b"\x93NUMPY": "NumPy array", b"\x89HDF": "HDF5", b"PAR1": "Parquet", b"SQLite format": "SQLite",
    b"\x80\4": "pickle",
}  # fmt: skip
_NETPBM = re.compile(rb"P[1-6f]\s+(#|\d)")
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"hevc": "HEIC"}
_UNREAD = (".avif", ".heic", ".heif", ".jp2", ".j2k", ".jxl", ".dcm", ".dicom", ".nii", ".psd", ".exr", ".hdr", ".fits",
           ".nrrd", ".mha", ".qoi", ".ico", ".svg", ".tga", ".dds", ".eps", *_RAW)  # fmt: skip


def picture(head: bytes, name: str = "") -> str | None:
    """The format of FORMATS that a file begins as, None for any other; `name` tells camera raw files from TIFF."""
    if name.lower().endswith((*_RAW, *_HALF)):
        return None
    if found := next((kind for mark, kind in _PICTURES.items() if head.startswith(mark)), None):
        return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:2] == b"BM" and head[6:10] == bytes(4) and len(head) > 26:
        return "BMP"
    return "PPM" if _NETPBM.match(head) else None


def other_picture(head: bytes, name: str = "") -> str | None:
    """What kind of picture a file is that is not read (AVIF, HEIC, DICOM, camera raw), None where it is none."""
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    if head[128:132] == b"DICM":
        return "DICOM"
    suffix = PurePath(name.lower()).suffix
    if suffix in _RAW and head[:4] in _PICTURES:
        return "camera raw"
    if b"<svg" in head.lower():
        return "SVG"
    found = next((kind for mark, kind in _OTHERS.items() if head.startswith(mark)), None)
    return found or (suffix[1:].upper() if suffix in _UNREAD and head else None)


def said(head: bytes, name: str = "") -> str:
    """What a file is, for a line that says what was found."""
    if not head:
        return "an empty file (0 bytes)"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if found := picture(head) or other_picture(head, name):
        return found
    if found := next((kind for mark, kind in _NO_PICTURES.items() if head.startswith(mark)), None):
        return found
    if not head.strip(b"\0"):
        return "zeros"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the last letter may be cut in two
    except UnicodeDecodeError:
        return UNKNOWN
    return "text" if b"\0" not in head else UNKNOWN
