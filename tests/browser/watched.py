"""A page whose requests and complaints are kept."""

from __future__ import annotations

from playwright.sync_api import Page

from .chromium import healthy, turn_to


class Watched:
    """What a page asked for, and what its browser complained of."""

    def __init__(self, page: Page):
        self.page, self.said, self.asked = page, [], []
        page.on("console", self._says)
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda socket: self.asked.append(socket.url))
        page.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('refused ' + e.violatedDirective + ' ' + "
            "e.blockedURI + ' ' + e.sourceFile + ':' + e.lineNumber + ' ' + e.sample))"
        )

    def _says(self, message) -> None:
        # Streamlit looks for its server below the page's own address first, and finds it one step up.
        if message.type == "error" and "/_stcore/h" not in message.location.get("url", ""):
            self.said.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def goes(self, address: str) -> None:
        self.page.goto(address)
        healthy(self.page)

    def turns_to(self, name: str) -> None:
        turn_to(self.page, name)
        healthy(self.page)

    def outside(self, address: str) -> list[str]:
        here = (f"{address}/", f"{address.replace('http', 'ws', 1)}/", "data:", f"blob:{address}/")
        return [url for url in self.asked if not url.startswith(here)]
