"""Many small pictures with a line under each, as one element: as elements of their own each would travel and be laid
out by itself, which a selection's answer would wait for."""

from __future__ import annotations

from base64 import b64encode

from .safe import as_html

STYLE = """<style>
.gallery{display:flex;flex-wrap:wrap;gap:10px}
.gallery figure{margin:0}
.gallery img{display:block;width:100%;border-radius:4px}
.gallery figcaption{font-size:.8rem;line-height:1.3;opacity:.65;text-align:center;overflow-wrap:anywhere}
</style>"""


def gallery(pictures: list[bytes], captions: list[str] | None = None, side: int = 72) -> str:
    """HTML of PNG images, each `side` pixels wide; the captions come from files and are shown as they are written."""
    said = captions or [""] * len(pictures)
    return f'{STYLE}<div class="gallery">{"".join(map(_figure, pictures, said, [side] * len(said)))}</div>'


def _figure(picture: bytes, caption: str, side: int) -> str:
    told = as_html(caption)
    under = f"<figcaption>{told}</figcaption>" if told else ""
    source = b64encode(picture).decode()
    return f'<figure style="width:{side}px"><img src="data:image/png;base64,{source}" alt="{told}">{under}</figure>'
