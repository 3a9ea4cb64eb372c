"""Mount options: nfs(5)'s table, its values, what contradicts what, and how layers are laid over each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import MountOptionInvalid
from policy.mountoptions import MountOption, check_allowable, merge, parse_options, protocol_version, risk_of_loss
from policy.mountoptions.table import OPTIONS

SOUND = [
    *["nfsvers=3", "vers=4.2", "v4.1", "hard", "soft", "softerr", "softreval", "nosoftreval", "intr", "nointr"],
    *["timeo=600", "retrans=2", "rsize=1048576", "wsize=1024", "ac", "noac", "acregmin=0", "acregmax=60"],
    *["acdirmin=30", "acdirmax=60", "actimeo=1", "nconnect=16", "max_connect=1", "rdirplus", "rdirplus=none"],
    *["nordirplus", "retry=0", "sec=sys", "sec=krb5p:krb5i", "xprtsec=mtls", "sharecache", "nosharecache"],
    *["resvport", "noresvport", "lookupcache=pos", "fsc", "nofsc", "sloppy", "proto=tcp6", "tcp", "udp", "rdma"],
    *["port=2049", "mountport=0", "mountproto=udp", "mounthost=nfs-2.example", "mountvers=3", "namlen=255"],
    *["lock", "nolock", "local_lock=flock", "cto", "nocto", "acl", "noacl", "migration", "nomigration"],
    *["ro", "rw", "sync", "async", "dirsync", "noatime", "relatime", "strictatime", "nodiratime", "lazytime"],
    *["suid", "nosuid", "dev", "nodev", "exec", "noexec", "nosymfollow", "context=system_u:object_r:nfs_t:s0"],
]
sound_options = st.sampled_from(SOUND)


@pytest.mark.parametrize("text", SOUND)
def test_options_of_nfs5_and_mount8_are_known(text: str) -> None:
    (option,) = parse_options([text])
    assert option.text == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("hrad", "did you mean hard", id="misspelt"),
        pytest.param("frobnicate", "is no option of nfs", id="unknown"),
        pytest.param("Hard", "is no option of nfs", id="capital"),
        pytest.param("no atime", "is no option of nfs", id="space within"),
        pytest.param("=4", "is no option of nfs", id="value alone"),
        pytest.param("noatime\n", "is no option of nfs", id="line end"),
        pytest.param("hard=1", "takes no value", id="flag with a value"),
        pytest.param("hard=", "takes no value", id="flag with an empty value"),
        pytest.param("rsize", "needs a whole number from 1024 to 1048576", id="number without a value"),
        pytest.param("rsize=", "needs a whole number", id="number with an empty value"),
        pytest.param("rsize=512", "needs a whole number", id="transfer size too small"),
        pytest.param("rsize=2097152", "needs a whole number", id="transfer size too large"),
        pytest.param("wsize=1500", "multiple of 1024", id="transfer size between"),
        pytest.param("rsize=64k", "needs a whole number", id="unit"),
        pytest.param("rsize=-1024", "needs a whole number", id="negative"),
        pytest.param("rsize=\u0661024", "needs a whole number", id="digit of another script"),
        pytest.param("timeo=0", "from 1 to", id="time-out of nothing"),
        pytest.param("timeo=99999999999", "needs a whole number", id="giant number"),
        pytest.param("nconnect=17", "from 1 to 16", id="too many connections"),
        pytest.param("nfsvers=5", "needs one of 3, 4, 4.0, 4.1, 4.2", id="unknown version"),
        pytest.param("nfsvers=2", "needs one of 3, 4, 4.0, 4.1, 4.2", id="version that Linux dropped"),
        pytest.param("v2", "is gone from Linux", id="version that Linux dropped, as a flag"),
        pytest.param("sec=krb5:kerberos", "needs one or more of", id="unknown flavour"),
        pytest.param("sec=sys:sys", "needs one or more of", id="flavour twice"),
        pytest.param("sec=", "needs one or more of", id="no flavour"),
        pytest.param("rdirplus=some", "needs one of none, force", id="value where one may be left out"),
        pytest.param("mounthost=a b", "needs a host name", id="no host"),
        pytest.param("context=a b", "needs an SELinux context", id="no context"),
        pytest.param("bg", "retries it by itself", id="background"),
        pytest.param("fg", "retries it by itself", id="foreground"),
        pytest.param("addr=10.0.0.9", "the node's own to decide", id="address"),
        pytest.param("clientaddr=10.0.0.9", "the node's own to decide", id="client's address"),
        pytest.param("mountaddr=10.0.0.9", "the node's own to decide", id="mountd's address"),
        pytest.param("remount", "another kind of mount", id="remount"),
        pytest.param("bind", "another kind of mount", id="bind"),
        pytest.param("_netdev", "is for /etc/fstab", id="fstab"),
        pytest.param("defaults", "name those that are wanted", id="defaults"),
        pytest.param("minorversion=1", "belongs into nfsvers", id="minor version"),
        pytest.param("hard,soft", "'soft' contradicts hard", id="hard and soft"),
        pytest.param("nfsvers=4.1,vers=4.2", "'vers=4.2' contradicts nfsvers=4.1", id="two versions"),
        pytest.param("nfsvers=4.1,v3", "'v3' contradicts nfsvers=4.1", id="two versions, one a flag"),
        pytest.param("noac,ac", "'ac' contradicts noac", id="ac and noac"),
        pytest.param("rsize=1024,rsize=2048", "contradicts rsize=1024", id="two values"),
        pytest.param("noatime,relatime", "contradicts noatime", id="two rules for access times"),
        pytest.param("tcp,proto=udp", "contradicts tcp", id="two transports"),
    ],
)
def test_an_unsound_layer_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(MountOptionInvalid, match=reason):
        parse_options([text])


def test_items_may_hold_several_options_with_spaces_and_empty_places() -> None:
    options = parse_options(["hard, noatime,", " rsize=65536 ", ""])
    assert [option.text for option in options] == ["hard", "noatime", "rsize=65536"]


def test_an_option_that_is_there_twice_is_kept_once() -> None:
    assert [option.text for option in parse_options(["hard", "noatime", "hard"])] == ["hard", "noatime"]


@pytest.mark.parametrize(
    "spellings",
    [
        {"vers=4.1", "nfsvers=4.2", "v3"},
        {"hard", "soft", "softerr"},
        {"ac", "noac"},
        {"suid", "nosuid"},
        {"tcp", "udp", "proto=rdma"},
        {"ro", "rw"},
        {"lock", "nolock"},
        {"atime", "noatime", "relatime", "strictatime"},
    ],
    ids=min,
)
def test_options_that_cannot_both_hold_have_one_key(spellings: set[str]) -> None:
    assert len({option.key for text in spellings for option in parse_options([text])}) == 1


@pytest.mark.parametrize("flag", sorted(name for name in OPTIONS if f"no{name}" in OPTIONS))
def test_an_option_and_its_negation_have_one_key(flag: str) -> None:
    if not OPTIONS[flag].not_in_policies:
        assert OPTIONS[flag].key == OPTIONS[f"no{flag}"].key


@pytest.mark.parametrize(
    ("options", "version"),
    [
        pytest.param(["hard", "nfsvers=4.1"], "4.1", id="by name"),
        pytest.param(["vers=3,soft"], "3", id="by the short name"),
        pytest.param(["v4.2"], "4.2", id="as a flag"),
        pytest.param(["hard", "mountvers=3"], None, id="of another protocol"),
        pytest.param([], None, id="none"),
    ],
)
def test_the_version_of_nfs_is_told_however_it_is_spelled(options: list[str], version: str | None) -> None:
    assert protocol_version(parse_options(options)) == version


def test_the_later_layer_wins_and_the_others_keep_their_order() -> None:
    merged = merge(
        parse_options(["nfsvers=4.1", "nconnect=4", "soft"]),
        parse_options(["hard", "noatime"]),
        parse_options(["rsize=65536", "relatime"]),
    )
    assert [option.text for option in merged] == ["nfsvers=4.1", "nconnect=4", "hard", "rsize=65536", "relatime"]


def test_a_later_actimeo_stands_behind_the_single_times_that_it_goes_over() -> None:
    merged = merge(parse_options(["actimeo=10"]), parse_options(["acregmin=5"]), parse_options(["actimeo=30"]))
    assert [option.text for option in merged] == ["acregmin=5", "actimeo=30"]


def sound_layer(texts: list[str]) -> tuple[MountOption, ...]:
    """One layer of those options, without contradictions."""
    return tuple({option.key: option for text in texts for option in parse_options([text])}.values())


layers = st.lists(sound_options, max_size=8).map(sound_layer)


@given(layers, layers)
def test_a_merge_holds_each_key_once_and_the_later_layer_whole(
    base: tuple[MountOption], over: tuple[MountOption]
) -> None:
    merged = merge(base, over)
    keys = [option.key for option in merged]
    assert len(keys) == len(set(keys))
    assert set(keys) == {option.key for option in (*base, *over)}
    assert set(over) <= set(merged)


@given(layers, layers, layers)
def test_layers_can_be_merged_one_after_another(
    first: tuple[MountOption], second: tuple[MountOption], third: tuple[MountOption]
) -> None:
    assert merge(merge(first, second), third) == merge(first, second, third)


@given(layers)
def test_what_was_merged_can_be_parsed_again(layer: tuple[MountOption]) -> None:
    assert parse_options([",".join(option.text for option in layer)]) == layer


@given(st.text(max_size=60))
def test_any_text_is_a_layer_or_refused_and_nothing_else(text: str) -> None:
    try:
        options = parse_options([text])
    except MountOptionInvalid:
        return
    assert all(option.text in text for option in options)


@pytest.mark.parametrize(
    "name", ["suid", "dev", "exec", "port", "mounthost", "context", "bg", "addr", "rsize=1", "nope"]
)
def test_what_no_claim_may_ever_ask_for_cannot_be_allowed(name: str) -> None:
    with pytest.raises(MountOptionInvalid):
        check_allowable(name)


@pytest.mark.parametrize(
    ("options", "risky"),
    [
        (["hard"], False),
        (["soft", "nfsvers=4.1"], True),
        (["softerr"], True),
        (["soft", "ro"], False),
        ([], False),
    ],
)
def test_soft_on_a_writable_volume_can_lose_data(options: list[str], risky: bool) -> None:
    assert (risk_of_loss(options) is not None) == risky
