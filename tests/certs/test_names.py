import pytest

from certs.errors import NamesInvalid
from certs.names import ServingNames


def test_names_are_kept_in_order_in_lower_case_and_once():
    names = ServingNames.parse(["Web.Svc.", "localhost", "web.svc"], ["127.0.0.1", "[::1]", "0:0::1"])
    assert names.dns == ("web.svc", "localhost")
    assert [str(address) for address in names.ips] == ["127.0.0.1", "::1"]


@pytest.mark.parametrize(
    ("dns", "ips", "told"),
    [
        pytest.param([], [], "at least one", id="no name at all"),
        pytest.param([""], [], "not a DNS name", id="an empty name"),
        pytest.param(["a..b"], [], "not a DNS name", id="an empty label"),
        pytest.param(["-web.svc"], [], "not a DNS name", id="a hyphen in front"),
        pytest.param(["web_hook"], [], "not a DNS name", id="an underscore"),
        pytest.param(["*.svc"], [], "not a DNS name", id="a wildcard"),
        pytest.param(["bücher.example"], [], "not a DNS name", id="letters beyond ASCII"),
        pytest.param(["a" * 64], [], "not a DNS name", id="a label of 64"),
        pytest.param([".".join(["a" * 49] * 6)], [], "not a DNS name", id="a name of 299"),
        pytest.param(["10.0.0.1"], [], "is an IP address", id="an address among the DNS names"),
        pytest.param([], ["10.0.0.256"], "not an IP address", id="no such address"),
        pytest.param([], ["10.0.0.0/24"], "not an IP address", id="a range"),
        pytest.param([], ["fe80::1%eth0"], "has a zone", id="an address with a zone"),
    ],
)
def test_a_name_that_no_certificate_can_carry_is_refused(dns, ips, told):
    with pytest.raises(NamesInvalid, match=told):
        ServingNames.parse(dns, ips)
