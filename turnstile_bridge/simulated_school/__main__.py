"""The simulated school as its own process: JSON lines in, JSON lines out.

``python -m turnstile_bridge.simulated_school --settings GATE.toml`` makes the pty at the settings' ``osdp.port``,
says ``{"event": "ready", "port": ...}`` and then obeys, one object a
line: ``{"do": "show_card", "reader": "entry", "bits": 26, "data": "a1b2c340"}``, ``{"do": "walk_through",
"direction": "entry", "within_s": 5}``, ``{"do": "force", "direction":
"entry"}``, ``{"do": "press_panic", "button": "post"}``, ``{"do": "fire", "on": true}``, ``{"do": "tamper", "on":
true}``, ``{"do": "power_cut"}``, ``{"do": "cut", "for_s": 3}``, ``{"do":
"noise", "size": 64}``, ``{"do": "flip_bits", "replies": 1}``, ``{"do": "show_pass", "scanner": "qr-entry", "text":
"eyJ...", "times": 5, "terminator": "cr"}``, ``{"do": "unplug_scanner", "scanner": "qr-entry"}``, ``plug_scanner``,
``scanner_noise``, ``{"do": "stop"}``. It tells what happens:
``card_shown``, ``pass_shown``, ``relay_closed``, ``relay_opened``, ``lamp``, ``text``, ``walked``,
``gave_up``, ``forced``, ``panic_pressed``, ``fire``, ``tamper``, ``line_cut``, each with ``at`` (UTC) and ``s``
(the machine's monotonic clock); a line that it cannot obey is answered
with ``{"event": "refused", "detail": ...}``. The end of its input ends it.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from schemas.setting import EXIT_STATUS, WrongSetting
from turnstile_bridge.settings import GateConfiguration
from turnstile_bridge.simulated_school.school import SimulatedSchool

_ORDERS: dict[str, Callable[[SimulatedSchool, dict[str, Any]], object]] = {
    "show_card": lambda school, said: school.show_card(said["reader"], said["bits"], bytes.fromhex(said["data"])),
    "show_pass": lambda school, said: school.show_pass(
        said["scanner"], said["text"], said.get("times", 5), said.get("terminator")
    ),
    "unplug_scanner": lambda school, said: school.unplug_scanner(said["scanner"]),
    "plug_scanner": lambda school, said: school.plug_scanner(said["scanner"]),
    "scanner_noise": lambda school, said: school.scanner_noise(said["scanner"], said.get("size", 64)),
    "walk_through": lambda school, said: school.walk_through(said["direction"], said.get("within_s", 5.0)),
    "force": lambda school, said: school.force(said["direction"]),
    "press_panic": lambda school, said: school.press_panic(said["button"]),
    "fire": lambda school, said: school.fire(on=said["on"]),
    "tamper": lambda school, said: school.tamper(on=said["on"]),
    "power_cut": lambda school, _: school.power_cut(),
    "cut": lambda school, said: school.cut(said["for_s"]),
    "noise": lambda school, said: school.noise(said.get("size", 64)),
    "flip_bits": lambda school, said: school.flip_bits(said.get("replies", 1)),
}


def _tell(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run a school until its input ends or it is told to stop."""
    parser = argparse.ArgumentParser(
        prog="python -m turnstile_bridge.simulated_school", description="A school on the far end of a gate's line."
    )
    parser.add_argument("--settings", type=Path, required=True, help="the gate's settings file")
    try:
        school = SimulatedSchool(GateConfiguration.load(parser.parse_args().settings), _tell)
    except WrongSetting as wrong:
        sys.stderr.write(f"{wrong}\n")
        return EXIT_STATUS
    school.start()
    _tell({"event": "ready", "port": str(school.line.port)})
    for line in sys.stdin:
        try:
            said = json.loads(line)
            if said["do"] == "stop":
                break
            _ORDERS[said["do"]](school, said)
        except (ValueError, KeyError, TypeError, StopIteration) as error:
            _tell({"event": "refused", "detail": f"{type(error).__name__}: {error}"})
    school.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
