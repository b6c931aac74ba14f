"""The floor of any page: uvicorn with an app that only says one sentence, on the port that is given."""

import sys
from typing import Any

import uvicorn

_TEXT = b"a page"
_HEADERS = [(b"content-type", b"text/plain"), (b"content-length", str(len(_TEXT)).encode())]


async def app(scope: dict[str, Any], _receive: object, send: Any) -> None:
    """Answer anything."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _TEXT})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_config=None, access_log=False, lifespan="off")
