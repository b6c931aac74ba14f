"""How a process joins its cluster: said alike by services and gates, and named where it is wrong."""

import base64

import pytest

from schemas.cluster import ClusterSettings, key_in, trust_in
from schemas.setting import WrongSetting, parse
from schemas.topics import Placement


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('security_protocol = "SASLSSL"', "setting security_protocol: Invalid enum value 'SASLSSL'"),
        ('sasl_mechanism = "GSSAPI"', "setting sasl_mechanism: Invalid enum value 'GSSAPI'"),
        ('security_protocol = "SASL_SSL"', "SASL_SSL needs sasl_username"),
        ('security_protocol = "SASL_SSL"\nsasl_username = "gate"', "SASL_SSL needs sasl_password_file"),
        ('sasl_user = "gate"', "unknown setting sasl_user: did you mean sasl_username?"),
    ],
)
def test_a_wrong_connection_is_named(text: str, told: str) -> None:
    with pytest.raises(WrongSetting) as wrong:
        parse(f'bootstrap = "a:9092"\n{text}', ClusterSettings)
    assert str(wrong.value).startswith(told)


def test_a_name_and_a_password_are_enough_to_sign_in() -> None:
    text = 'bootstrap = "a:9092"\nsecurity_protocol = "SASL_SSL"\nsasl_username = "g"\nsasl_password_file = "p"'
    cluster = parse(text, ClusterSettings)
    assert (cluster.uses_sasl, cluster.uses_tls, cluster.sasl_mechanism) == (True, True, "SCRAM-SHA-512")


def test_partition_counts_that_do_not_fit_are_named() -> None:
    with pytest.raises(WrongSetting, match=r"setting kafka.gate_partitions: .*\(10\).*multiple.*\(12\)"):
        ClusterSettings(bootstrap="a:9092", gate_partitions=10).placement()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"admission": "AAAA"}', b'{"admission": ["AAAA"]}', b"\xff"])
def test_a_keyring_that_is_none_is_named_with_its_file(content: bytes) -> None:
    with pytest.raises(WrongSetting, match=r"^setting trust\.keyring: keyring\.json: "):
        trust_in("trust.keyring", "keyring.json", content, Placement())


def test_a_key_is_read_and_what_is_none_is_named_without_its_content() -> None:
    secret = bytes(range(32))
    assert key_in("web.key", "web.key", base64.b64encode(secret) + b"\n") == secret
    for wrong in (b"%%%", base64.b64encode(secret[:31])):
        with pytest.raises(WrongSetting) as told:
            key_in("web.key", "web.key", wrong)
        assert "setting web.key" in str(told.value)
        assert wrong.decode() not in str(told.value)
