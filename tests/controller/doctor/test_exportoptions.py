"""What options come to, with exports(5)'s defaults."""

import pytest

from controller.doctor.exportoptions import export_options

DEFAULTS = {
    "writable": False,
    "squashes_root": True,
    "squashes_all": False,
    "delays_writes": False,
    "any_port": False,
    "checks_subtree": False,
    "authenticates": False,
    "is_root_of_all": False,
}


@pytest.mark.parametrize(
    ("options", "differing"),
    [
        pytest.param("", {}, id="nothing"),
        pytest.param("rw", {"writable": True}, id="rw"),
        pytest.param("rw,ro", {}, id="the last counts"),
        pytest.param("no_root_squash", {"squashes_root": False}, id="no_root_squash"),
        pytest.param("no_root_squash,root_squash", {}, id="root_squash over an earlier no_root_squash"),
        pytest.param("all_squash", {"squashes_all": True}, id="all_squash"),
        pytest.param("async", {"delays_writes": True}, id="async"),
        pytest.param("async,sync", {}, id="sync over async"),
        pytest.param("insecure", {"any_port": True}, id="insecure"),
        pytest.param("subtree_check", {"checks_subtree": True}, id="subtree_check"),
        pytest.param("fsid=0", {"is_root_of_all": True}, id="fsid=0"),
        pytest.param("fsid=root", {"is_root_of_all": True}, id="fsid=root"),
        pytest.param("fsid=7", {}, id="another fsid"),
        pytest.param("sec=krb5p:krb5i", {"authenticates": True}, id="Kerberos alone"),
        pytest.param("sec=krb5:sys", {}, id="Kerberos or nothing"),
    ],
)
def test_options_differ_from_the_defaults_where_they_say_so(options: str, differing: dict[str, bool]) -> None:
    found = export_options("host", options.split(","))
    assert {name: getattr(found, name) for name in DEFAULTS} == {**DEFAULTS, **differing}


def test_the_old_spelling_of_kerberos_is_a_client() -> None:
    assert export_options("gss/krb5i", ["rw"]).authenticates
