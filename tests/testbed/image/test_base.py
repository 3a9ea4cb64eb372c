from testbed.image.base import base_sources

LISTING = """\
http://mirror.example/debian/ bookworm main
http://mirror.example/debian/ bookworm contrib
http://mirror.example/debian/ bookworm-updates main
http://security.example/debian-security/ bookworm-security main
https://vendor.example/apt vendor-bookworm main
https://vendor.example/apt stable main
"""


def test_the_base_comes_from_the_machine_s_own_mirrors_in_its_own_release() -> None:
    signed = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    assert base_sources(LISTING, "bookworm").splitlines() == [
        f"{signed} http://mirror.example/debian/ trixie main",
        f"{signed} http://mirror.example/debian/ trixie-updates main",
        f"{signed} http://security.example/debian-security/ trixie-security main",
    ]


def test_a_machine_that_is_not_debian_has_no_mirror_for_the_base() -> None:
    assert base_sources(LISTING, "") == ""
