"""Everything that hangs on one gate, as its settings say: the OSDP line with the turnstile, and QR scanners."""

from schemas.credential_read import Direction
from turnstile_bridge.drivers.interface import HardwareEvent, Look
from turnstile_bridge.drivers.osdp_gate import OsdpGate
from turnstile_bridge.drivers.osdp_line import OsdpLine
from turnstile_bridge.drivers.qr_scanner import QrScanner
from turnstile_bridge.drivers.serial_port import SerialPort
from turnstile_bridge.settings import GateConfiguration


class GateDevices:
    """The devices of one gate, for its one thread. ``gate`` takes the orders; ``ways`` tells which way each reader and
    scanner lets.
    """

    def __init__(self, configuration: GateConfiguration) -> None:
        """Take the settings; opens nothing yet."""
        settings = configuration.settings
        self._readers = [reader.name for reader in settings.osdp.readers]
        numbered = [(reader.address, reader.name) for reader in settings.osdp.readers]
        line = OsdpLine(configuration.port, settings.osdp.baud, configuration.scbk(), numbered)
        self.gate = OsdpGate(line, self._readers, settings.turnstile, settings.panic_buttons)
        self.ways: dict[str, Direction] = {reader.name: reader.direction for reader in settings.osdp.readers}
        self.ways |= {scanner.name: scanner.direction for scanner in settings.scanners}
        self._scanners = [
            QrScanner(
                said.name,
                SerialPort(str(configuration.path(said.port)), said.baud, f"scanners[{place}]"),
                said.terminator,
            )
            for place, said in enumerate(settings.scanners)
        ]

    def open(self, now_s: float) -> None:
        """Open every port; raises WrongSetting when another program has one."""
        self.gate.open(now_s)
        for scanner in self._scanners:
            scanner.open(now_s)

    def close(self) -> None:
        """Let the relays go and give every port back."""
        self.gate.close()
        for scanner in self._scanners:
            scanner.close()

    def poll(self, now_s: float) -> list[HardwareEvent]:
        """Let every device work and give what happened."""
        events = self.gate.poll(now_s)
        for scanner in self._scanners:
            events += scanner.poll(now_s)
        return events

    def indicate(self, device: str, look: Look) -> None:
        """Show what became of a read at its reader; for a scanner, which has no lamp, at the readers of its way."""
        if device in self._readers:
            self.gate.indicate(device, look)
            return
        for reader in self._readers:
            if self.ways[reader] == self.ways[device]:
                self.gate.indicate(reader, look)

    def call_out(self, text: str) -> None:
        """Say something at every reader that has a display."""
        for reader in self._readers:
            self.gate.indicate(reader, "denied", text)
