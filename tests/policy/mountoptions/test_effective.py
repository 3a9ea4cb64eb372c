"""What a volume gets, whatever its claim's author writes into the annotation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.mountoptions import effective_options
from policy.mountoptions.table import OPTIONS

BASE = ("nfsvers=4.1", "nconnect=4")
PROFILE = ("hard", "noatime")
ALLOWED = ("noatime", "actimeo", "rsize", "wsize", "nfsvers", "nconnect", "relatime", "soft", "nosuid")

NEVER = frozenset({"suid", "dev", "exec", "port"})
ASKED_FOR = st.one_of(
    st.sampled_from(sorted(OPTIONS)),
    st.sampled_from(["rsize=65536", "wsize=1", "port=2049", "vers=4.2", "nconnect=8", "actimeo=30", " suid ", "bg"]),
    st.text(max_size=20),
)


def test_without_a_request_base_and_profile_are_merged() -> None:
    assert effective_options(BASE, PROFILE, ALLOWED, None).options == ("nfsvers=4.1", "nconnect=4", "hard", "noatime")


def test_what_may_be_asked_for_is_laid_over() -> None:
    effective = effective_options(BASE, PROFILE, ALLOWED, "rsize=65536, relatime,vers=4.2")
    assert effective.options == ("nconnect=4", "hard", "rsize=65536", "relatime", "vers=4.2")
    assert effective.warnings == ()


@pytest.mark.parametrize(
    ("request_text", "reason"),
    [
        pytest.param("acregmin=3", "is not allowed by the namespace's profile", id="not allowed"),
        pytest.param("strictatime", "is not allowed by the namespace's profile", id="of an allowed key, not allowed"),
        pytest.param("suid", "may never be asked for", id="suid"),
        pytest.param("dev", "may never be asked for", id="dev"),
        pytest.param("exec", "may never be asked for", id="exec"),
        pytest.param("port=2049", "may never be asked for", id="port"),
        pytest.param("mounthost=10.9.9.9", "may never be asked for", id="another host"),
        pytest.param("addr=10.9.9.9", "is the node's own to decide", id="another address"),
        pytest.param("rsize=7", "needs a whole number", id="bad value"),
        pytest.param("nope", "is no option", id="unknown"),
        pytest.param("nconnect=8", "first mount of a server", id="other nconnect than the export's"),
        pytest.param("rsize=65536" + "," * 2000, "more than 1024 characters", id="too long"),
    ],
)
def test_what_may_not_be_asked_for_is_left_out_with_the_reason(request_text: str, reason: str) -> None:
    effective = effective_options(BASE, PROFILE, ALLOWED, request_text)
    assert effective.options == ("nfsvers=4.1", "nconnect=4", "hard", "noatime")
    assert reason in effective.refused[0].reason
    assert effective.refused[0].text in request_text


@pytest.mark.parametrize("name", sorted(NEVER))
def test_what_no_claim_may_have_is_refused_even_where_a_profile_allows_it(name: str) -> None:
    effective = effective_options((), (), [name], "port=2049" if name == "port" else name)
    assert effective.options == ()
    assert len(effective.refused) == 1


def test_the_exports_own_nconnect_may_be_asked_for() -> None:
    assert effective_options(BASE, (), ["nconnect"], "nconnect=4").refused == ()


def test_of_two_requests_that_contradict_each_other_the_first_holds() -> None:
    effective = effective_options(BASE, PROFILE, ALLOWED, "rsize=1024,rsize=2048")
    assert effective.options[-1] == "rsize=1024"
    assert effective.refused[0].reason == "contradicts rsize=1024, which stands before it"


def test_a_request_for_soft_is_granted_with_a_warning() -> None:
    effective = effective_options(BASE, PROFILE, ALLOWED, "soft")
    assert effective.options == ("nfsvers=4.1", "nconnect=4", "noatime", "soft")
    assert "can lose data" in effective.warnings[0]


def test_an_export_may_set_what_a_claim_may_not() -> None:
    assert effective_options(("port=20490", "nosuid"), (), (), None).options == ("port=20490", "nosuid")


@given(st.lists(ASKED_FOR, max_size=8).map(",".join), st.sets(st.sampled_from(sorted(OPTIONS))))
def test_no_request_ever_gets_what_it_may_not_have(request_text: str, allowed: set[str]) -> None:
    granted = effective_options(BASE, PROFILE, allowed, None).options
    names = {OPTIONS[name].name for name in allowed}
    for text in set(effective_options(BASE, PROFILE, allowed, request_text).options) - set(granted):
        spec = OPTIONS[text.partition("=")[0]]
        assert spec.name in names - NEVER
        assert not spec.not_by_claims


@given(st.lists(ASKED_FOR, max_size=8).map(",".join))
def test_every_part_of_a_request_is_had_or_answered(request_text: str) -> None:
    effective = effective_options(BASE, PROFILE, ALLOWED, request_text)
    answered = {*effective.options, *(refused.text for refused in effective.refused)}
    assert {part.strip(" ") for part in request_text.split(",")} - {""} <= answered
