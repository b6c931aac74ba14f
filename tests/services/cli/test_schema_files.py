"""``qaqpa schemas``: what is committed is what the code says."""

from tests.services.cli.conftest import Qaqpa


def test_the_committed_schemas_are_those_of_the_code(qaqpa: Qaqpa) -> None:
    done = qaqpa("schemas", "check")
    assert (done.returncode, done.stdout.strip()) == (0, "the code says what is frozen"), done
