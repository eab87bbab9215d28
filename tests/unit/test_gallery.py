"""Pictures with captions as one piece of HTML, whose texts come from files."""

import re
from base64 import b64decode

from workbench.frame.gallery import gallery


def test_every_picture_stands_over_its_own_caption():
    html = gallery([b"one", b"two"], ["row 1", "row 2"], side=64)
    assert [b64decode(s) for s in re.findall(r"base64,([^\"]+)", html)] == [b"one", b"two"]
    assert re.findall(r"<figcaption>(.*?)</figcaption>", html) == ["row 1", "row 2"]
    assert html.count("width:64px") == 2


def test_a_caption_is_text_and_never_markup():
    html = gallery([b"x"], ['"><script>alert(1)</script>'])
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 2  # the caption, and what is read where there is no picture


def test_without_captions_there_are_only_pictures():
    assert "<figcaption>" not in gallery([b"x", b"y"])
