"""Our Control Panel on a real pty against libosdp's Peripheral Device, and everything that goes wrong on a wire."""

import os
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as some

from schemas.setting import WrongSetting
from tests.turnstile_bridge.gate_home import PUPIL, STAFF, GateHome
from turnstile_bridge.clock import instant
from turnstile_bridge.drivers.interface import (
    CardRead,
    DeviceBack,
    DeviceLost,
    FireContact,
    HardwareEvent,
    PanicPressed,
    PassageCompleted,
    PowerFault,
    Tampered,
)
from turnstile_bridge.drivers.osdp_gate import OsdpGate
from turnstile_bridge.drivers.osdp_line import OsdpLine
from turnstile_bridge.drivers.reader_watch import ReaderWatch, WatchAct
from turnstile_bridge.simulated_school.school import SimulatedSchool

EventT = TypeVar("EventT", bound=HardwareEvent)


class Panel:
    """A gate's driver in a test's hands: the test turns its loop."""

    def __init__(self, home: GateHome, scbk: bytes | None = None) -> None:
        """Open the line of a gate."""
        configuration = home.configuration
        osdp = configuration.settings.osdp
        readers = [(reader.address, reader.name) for reader in osdp.readers]
        line = OsdpLine(configuration.port, osdp.baud, scbk or configuration.scbk(), readers)
        names = [name for _, name in readers]
        self.gate = OsdpGate(line, names, configuration.settings.turnstile, configuration.settings.panic_buttons)
        self.happened: list[HardwareEvent] = []
        self._wake = os.eventfd(0, os.EFD_NONBLOCK)
        self.gate.open(instant().s)

    def close(self) -> None:
        """Give the port back."""
        self.gate.close()
        os.close(self._wake)

    def until(self, condition: Callable[[], bool], within_s: float = 10.0) -> None:
        """Turn the loop until something holds."""
        begun_s = instant().s
        while not condition():
            assert instant().s - begun_s < within_s, self.happened
            self.gate.wait(0.002, self._wake)
            self.happened += self.gate.poll(instant().s)

    def heard(self, shape: type[EventT], within_s: float = 10.0) -> EventT:
        """Turn the loop until an event of a kind came, and take it with all before it."""
        self.until(lambda: any(isinstance(event, shape) for event in self.happened), within_s)
        place, found = next((place, one) for place, one in enumerate(self.happened) if isinstance(one, shape))
        del self.happened[: place + 1]
        return found

    def listening(self) -> None:
        """Turn the loop until every reader's cards are taken."""
        self.until(lambda: all(self.gate.read_state().online.values()))

    def turns(self, for_s: float) -> list[HardwareEvent]:
        """Turn the loop for a time in which nothing is to happen; gives what did."""
        until_s = instant().s + for_s
        self.until(lambda: instant().s >= until_s, for_s + 5)
        return self.happened


@pytest.fixture
def panel(home: GateHome, school: SimulatedSchool) -> Iterator[Panel]:
    """Give a driver whose readers are listening."""
    del school
    panel = Panel(home)
    panel.listening()
    yield panel
    panel.close()


def test_a_card_comes_with_its_bits_and_their_number(panel: Panel, school: SimulatedSchool) -> None:
    school.show_card("entry", *PUPIL)
    assert panel.heard(CardRead) == CardRead("entry", *PUPIL)
    school.show_card("exit", *STAFF)
    assert panel.heard(CardRead) == CardRead("exit", *STAFF)


def test_an_unlock_ends_in_the_device_and_is_given_once_for_a_grant(panel: Panel, school: SimulatedSchool) -> None:
    assert panel.gate.unlock("entry", "grant/1")
    assert panel.gate.unlock("entry", "grant/1")
    assert panel.gate.unlock("exit", "grant/2")
    panel.until(lambda: len([told for told in school.told if told["event"] == "relay_closed"]) >= 2)
    panel.turns(0.2)
    closed = [(told["direction"], told["for_s"]) for told in school.told if told["event"] == "relay_closed"]
    assert closed == [("entry", 0.2), ("exit", 0.2)]


def test_contacts_are_told_for_what_they_mean(panel: Panel, school: SimulatedSchool) -> None:
    school.force("exit")
    assert panel.heard(PassageCompleted) == PassageCompleted("exit")
    school.press_panic("under-desk")
    assert panel.heard(PanicPressed) == PanicPressed("under-desk")
    school.fire(on=True)
    assert panel.heard(FireContact) == FireContact(on=True)
    school.fire(on=False)
    assert panel.heard(FireContact) == FireContact(on=False)
    school.tamper(on=True)
    assert panel.heard(Tampered) == Tampered("entry", on=True)


def test_all_passage_contacts_together_are_a_power_cut_and_nobody_passed(panel: Panel, school: SimulatedSchool) -> None:
    school.power_cut()
    panel.heard(PowerFault)
    school.wait_for("power_back")
    assert not [event for event in panel.turns(0.3) if isinstance(event, PassageCompleted)]


def test_freedom_holds_both_relays_and_ends(panel: Panel, school: SimulatedSchool) -> None:
    panel.gate.set_free(on=True)
    panel.until(lambda: len([told for told in school.told if told["event"] == "relay_closed"]) >= 2)
    panel.gate.set_free(on=False)
    panel.until(lambda: len([told for told in school.told if told["event"] == "relay_opened"]) == 2)


def test_lamp_tone_and_text_reach_the_reader(panel: Panel, school: SimulatedSchool) -> None:
    panel.gate.indicate("entry", "denied", "102")
    panel.until(lambda: any(told["event"] == "text" for told in school.told))
    assert school.wait_for("lamp")["look"] == "denied"
    assert school.wait_for("text")["text"] == "102"


def test_a_reader_with_another_key_is_never_spoken_to_and_told_as_such(home: GateHome, school: SimulatedSchool) -> None:
    panel = Panel(home, scbk=bytes(range(16)))
    school.show_card("entry", *PUPIL)
    lost = panel.heard(DeviceLost)
    assert lost.answers, "something answers there, but not in our Secure Channel"
    assert not [event for event in panel.turns(1.0) if isinstance(event, CardRead)]
    assert not panel.gate.unlock("entry", "grant/1")
    assert not [told for told in school.told if told["event"] in {"relay_closed", "lamp"}]
    panel.close()


def test_a_reader_that_is_swapped_for_a_stranger_in_mid_morning_is_told(
    panel: Panel, school: SimulatedSchool, home: GateHome
) -> None:
    school.use_key(bytes(range(16)))
    assert panel.heard(DeviceLost, 20).answers
    school.use_key(home.scbk)
    assert panel.heard(DeviceBack, 20).gap_s > 1


def test_a_silent_reader_is_told_and_found_again_soon_after_the_line_is_back(
    panel: Panel, school: SimulatedSchool
) -> None:
    school.cut(12.0)
    assert not panel.heard(DeviceLost, 20).answers
    back = panel.heard(DeviceBack, 20)
    assert 10 < back.gap_s < 16, "libosdp alone would have stayed away for 300 s"
    panel.listening()
    school.show_card("entry", *PUPIL)
    assert panel.heard(CardRead)


@pytest.mark.parametrize("spoiled", ["one flipped bit", "eight flipped bits", "noise"])
def test_a_spoiled_line_heals_within_seconds(spoiled: str, panel: Panel, school: SimulatedSchool) -> None:
    match spoiled:
        case "one flipped bit":
            school.flip_bits()
        case "eight flipped bits":
            school.flip_bits(8)
        case _:
            for _ in range(20):
                school.noise(200)
    begun_s = instant().s
    while not any(isinstance(event, CardRead) for event in panel.turns(0.5)):
        school.show_card("entry", *PUPIL)
        assert instant().s - begun_s < 20, "libosdp alone would have stayed away for 300 s"
    assert panel.heard(CardRead) == CardRead("entry", *PUPIL)


def test_a_card_that_was_shown_while_nobody_listened_is_dropped_and_a_press_is_not(
    home: GateHome, school: SimulatedSchool
) -> None:
    first = Panel(home)
    first.listening()
    first.close()
    school.show_card("entry", *PUPIL)
    school.press_panic("post")
    school.wait_for("panic_pressed")
    second = Panel(home)
    assert second.heard(PanicPressed) == PanicPressed("post")
    second.listening()
    assert not [event for event in second.happened if isinstance(event, CardRead)]
    school.show_card("entry", *STAFF)
    assert second.heard(CardRead) == CardRead("entry", *STAFF)
    second.close()


def test_a_dead_reader_does_not_hold_up_the_other(panel: Panel, school: SimulatedSchool) -> None:
    school.unplug("exit")
    assert panel.heard(DeviceLost, 20).device == "exit"
    for _ in range(5):
        shown = len(school.told)
        school.show_card("entry", *PUPIL)
        told = school.wait_for("card_shown", after=shown)
        panel.heard(CardRead)
        assert instant().s - told["s"] < 5


def test_the_port_of_a_running_bridge_is_refused(panel: Panel, home: GateHome) -> None:
    del panel
    with pytest.raises(WrongSetting, match=r"osdp\.port.*in use"):
        Panel(home)


def test_a_port_that_is_not_there_yet_is_waited_for(home: GateHome) -> None:
    panel = Panel(home)
    assert not panel.heard(DeviceLost).answers
    school = SimulatedSchool(home.configuration)
    school.start()
    assert panel.heard(DeviceBack, 20)
    panel.close()
    school.stop()


def test_a_port_that_goes_away_is_found_again(home: GateHome) -> None:
    school = SimulatedSchool(home.configuration)
    school.start()
    panel = Panel(home)
    panel.listening()
    school.stop()
    panel.heard(DeviceLost, 20)
    again = SimulatedSchool(home.configuration)
    again.start()
    assert panel.heard(DeviceBack, 20)
    panel.close()
    again.stop()


@given(some.lists(some.tuples(some.floats(0.0, 3.0), some.booleans()), max_size=60))
def test_the_supervisor_never_gives_up_and_always_puts_on_what_it_took_off(steps: list[tuple[float, bool]]) -> None:
    watch, now_s, is_off = ReaderWatch(0.0), 0.0, False
    for passed_s, secure in steps:
        now_s += passed_s
        for act in watch.step(now_s, secure=secure and not is_off):
            if act in {WatchAct.TAKE_OFF, WatchAct.PUT_ON}:
                assert is_off is (act is WatchAct.PUT_ON)
                is_off = not is_off
    tried = 0
    for _ in range(100):
        now_s += 0.1
        acts = watch.step(now_s, secure=False)
        tried += acts.count(WatchAct.PUT_ON)
    assert tried >= 3


def test_a_short_absence_is_cured_but_not_told() -> None:
    watch = ReaderWatch(0.0)
    assert watch.step(0.1, secure=True) == [WatchAct.TOLD_UP]
    assert watch.step(5.0, secure=False) == [WatchAct.FELL]
    assert watch.step(5.6, secure=False) == [WatchAct.TAKE_OFF]
    assert watch.step(5.96, secure=False) == [WatchAct.PUT_ON]
    assert watch.step(5.99, secure=True) == [WatchAct.TOLD_UP]
    assert not watch.told_before
