"""The store, for a command: opened, at head, and closed again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.cli.console import Refusal
from services.settings import Configuration
from services.store import schema_version
from services.store.administration import NotAllowed
from services.store.database import Store


@contextmanager
def opened_store(settings: Path) -> Iterator[Store]:
    """Open the store of a settings file; raises WrongSetting, and what administration does not allow as a Refusal."""
    store = Store.of(Configuration.load(settings))
    try:
        schema_version.require_head(store)
        yield store
    except NotAllowed as error:
        raise Refusal(str(error)) from error
    finally:
        store.close()
