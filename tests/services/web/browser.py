"""A browser without script: it keeps cookies, reads the token out of a page's form, and posts forms."""

import re

import httpx

PASSWORD = "a-long-password"
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class Browser:
    """Asks for pages and sends their forms, as a person would."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, **more: object) -> httpx.Response:
        return await self.client.get(path, **more)  # type: ignore[arg-type]

    async def token(self, path: str = "/post") -> str:
        found = _TOKEN.search((await self.client.get(path)).text)
        assert found is not None, f"{path} has no form"
        return found[1]

    async def send(self, path: str, _from: str = "/post", **form: str | list[str]) -> httpx.Response:
        return await self.client.post(path, data={"csrf": await self.token(_from), **form})

    async def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return await self.send("/sign-in", "/sign-in", name=name, password=password)
