"""Somebody with a browser who looks closely: in three languages, on a phone's and a desk's width, nothing that axe-core
finds, nothing wider than the screen, no other server asked, and a picture of each page in ``var/screenshots``.
"""

from itertools import product

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from tests.pages.school import PASSWORD, School
from tests.pages.test_guard_page import AXE_RULES, LANGUAGES, SCREENSHOTS, WIDTHS


class Looker:
    """Somebody with a browser, who looks at every page closely, and weighs what came over the wire for it."""

    def __init__(self, school: School, context: BrowserContext) -> None:
        self.school = school
        self.context = context
        self.page: Page = context.new_page()
        self.found: list[str] = []
        self.weighed: dict[str, int] = {}
        self._came_bytes = 0
        self._wire = context.new_cdp_session(self.page)
        self._wire.send("Network.enable")
        self._wire.on("Network.loadingFinished", self._came)
        self._wire.on("Network.requestWillBeSent", self._asked)

    def weighs(self, name: str, address: str) -> None:
        """Open a page as somebody who was never here, and note what came for it, headers and all."""
        self._wire.send("Network.clearBrowserCache")
        self._came_bytes = 0
        self.page.goto(address, wait_until="networkidle")
        self.weighed[name] = self._came_bytes

    def _came(self, event: dict[str, float]) -> None:
        self._came_bytes += int(event["encodedDataLength"])

    def _asked(self, event: dict[str, dict[str, str]]) -> None:
        address = event["request"]["url"]
        if not address.startswith((self.school.url, "data:")):
            self.found.append(f"asked another server: {address}")

    def signs_in(self, login: str) -> None:
        self.page.goto(f"{self.school.url}/sign-in")
        self.page.fill("#name", login)
        self.page.fill("#password", PASSWORD)
        self.page.click("button.first")
        self.page.wait_for_url(lambda url: "sign-in" not in url)

    def looks_at(self, name: str, address: str | None = None) -> None:
        """Look at a page in every language and width, and come back to it in Kazakh."""
        address = address or self.page.url
        for language, (width, height) in product((*LANGUAGES[1:], LANGUAGES[0]), WIDTHS.items()):
            self.context.add_cookies([{"name": "qaqpa_language", "value": language, "url": self.school.url}])
            self.page.set_viewport_size({"width": width, "height": height})
            answered = self.page.goto(address)
            if answered is None or answered.status != 200:
                self.found.append(f"{name}: {answered and answered.status}")
                return
            self.page.screenshot(path=SCREENSHOTS / f"{name}-{language}-{width}.png", full_page=True)
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                self.found.append(f"{name} in {language} is {wide} wide on {width}")
            if width == min(WIDTHS):
                results = Axe().run(self.page, options=AXE_RULES)
                self.found += [
                    f"{name} in {language}: {each['id']} {each['nodes'][0]['html'][:120]}"
                    for each in results.response["violations"]
                ]
