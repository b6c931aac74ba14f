"""The mails that people of the demo and the bench get, as the mail server tells them."""

import re

from deploy.demo.telling import Telling, Told

_CODE = re.compile(r"\b(\d{3}) ?(\d{3})\b")
_LINK = re.compile(r"https?://\S+")


class Mails(Telling):
    """Everybody's mail box."""

    async def code_to(self, address: str, after: int = 0, within_s: float = 10.0) -> str | None:
        """Give the code in the next mail to an address; ``after`` as in ``told``."""
        mail = await self._next(address, after, within_s)
        found = _CODE.search(mail["text"]) if mail else None
        return found[1] + found[2] if found else None

    async def link_to(self, address: str, after: int = 0, within_s: float = 10.0) -> str | None:
        """Give the link in the next mail to an address."""
        mail = await self._next(address, after, within_s)
        found = _LINK.search(mail["text"]) if mail else None
        return found[0] if found else None

    async def _next(self, address: str, after: int, within_s: float) -> Told | None:
        return await self.until(lambda: self._find("mail", after, {"to": [address]}), within_s)
