"""The keys that passes are signed with: previous, current and next, in files of their own."""

from datetime import timedelta
from pathlib import Path

from schemas import pass_token
from schemas.pass_token import PassClaims, PassShown
from schemas.site_policy import SitePolicy
from services.store import administration
from services.store.database import Store
from services.store.records import site_policies
from services.store.visits import pass_keys
from services.store.visits.pass_keys import OVERLAP, PassKeys
from tests.schemas.examples import AT, policy

SITE = "school-1"


def test_keys_change_in_turn_and_a_pass_of_the_one_before_is_believed_for_the_overlap(
    store: Store, tmp_path: Path
) -> None:
    keys = PassKeys(tmp_path / "pass-keys")
    store.write_now(
        lambda session: administration.publish_policy(session, site=SITE, policy=policy().data, by="t", at=AT)
    )

    def rotate() -> tuple[str, list[str]]:
        done = store.write_now(lambda session: pass_keys.rotate(session, site=SITE, keys=keys, by="t", at=AT))
        keys.forget(SITE, done.retired)
        return done

    assert rotate() == ("k1", [])
    before = known(store)
    signing = keys.signing(SITE, before)
    claims = PassClaims(SITE, "ABC", int(AT.timestamp()), int((AT + timedelta(days=60)).timestamp()))
    token = pass_token.written(claims, signing.kid, signing.private_key)
    assert rotate() == ("k2", ["k1"])
    files = sorted((tmp_path / "pass-keys" / SITE).iterdir())
    assert [file.name for file in files] == ["k2.key", "k3.key"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    now_known = known(store).pass_keys
    assert pass_token.shown(token, SITE, now_known, AT) == PassShown("ABC", None)
    assert pass_token.shown(token, SITE, now_known, AT + OVERLAP) == PassShown("ABC", "unknown_key")
    next_one = keys.signing(SITE, known(store))
    newer = pass_token.written(claims, next_one.kid, next_one.private_key)
    assert pass_token.shown(newer, SITE, before.pass_keys, AT).fault is None, "a gate that was cut off knows it already"


def known(store: Store) -> SitePolicy:
    found = store.read_now(lambda session: site_policies.current(session, SITE))
    assert found is not None
    return found
