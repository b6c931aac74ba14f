"""Every room says what it is for: no room or file named after nothing, and a README of one screen in each room."""

from tests.repository.tree import ROOMS_OF_CODE, ROOT, files

NAMES_OF_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "manager",
    "managers",
    "misc",
    "base",
    "core",
    "stuff",
    "lib",
}
SCREEN_LINES = 60


def test_no_room_and_no_file_is_named_after_nothing() -> None:
    named = [
        str(path)
        for path in files()
        if path.parts[0] in ROOMS_OF_CODE
        and any(part.partition(".")[0].lower() in NAMES_OF_NOTHING for part in path.parts)
        and path.suffix != ".html"  # a page's frame is called base.html by everybody
    ]
    assert named == []


def test_every_room_of_services_and_every_top_folder_has_a_readme_of_one_screen() -> None:
    rooms = {path.parent for path in files() if path.name == "__init__.py" and path.parts[0] != "tests"}
    wanted = {room for room in rooms if len(room.parts) == 1 or (room.parts[0] == "services" and len(room.parts) == 2)}
    missing = sorted(str(room) for room in wanted if not (ROOT / room / "README.md").exists())
    assert missing == []
    long = [
        str(room)
        for room in wanted
        if len((ROOT / room / "README.md").read_text(encoding="utf-8").splitlines()) > SCREEN_LINES
    ]
    assert long == []
