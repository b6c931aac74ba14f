"""Talks to the simulated school, which is a process of its own outside the bridge: orders go in as lines, what
happens comes out as lines.
"""

import json

from deploy.demo.telling import Telling


class SchoolTalk(Telling):
    """The demo's hands at the gate. Of what is told, ``s`` is the machine's monotonic clock."""

    def do(self, order: str, **values: object) -> int:
        """Give an order and the place in ``told`` after which its effects will stand."""
        place = len(self.told)
        self._orders.write(json.dumps({"do": order, **values}).encode() + b"\n")
        self._orders.flush()
        return place
