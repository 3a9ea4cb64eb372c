"""What beginners write into export tables."""

import pytest

from controller.doctor.observed import Observed
from tests.controller.doctor.objects import folder, policy, says, seen, table, told

GIDS = policy(
    "{profiles: [{name: default}], exports: [{server: a, path: /nfs/data}], gidRange: {from: 5000, to: 6000}}"
)


def of(text: str, **parts: object) -> Observed:
    return seen(tables=(table(text),), **parts)


@pytest.mark.parametrize(
    ("check", "observed", "phrases"),
    [
        pytest.param("exports-unread", of("/a host(rw)"), [], id="a line that can be read"),
        pytest.param("exports-unread", of("a host(rw)"), ["error: exports:1: It cannot be read"], id="one that cannot"),
        pytest.param("exports-everybody", of("/a 10.0.0.0/8(ro)"), [], id="a network"),
        pytest.param("exports-everybody", of("/a *(ro)"), ["exported to everybody (*), to read"], id="a star"),
        pytest.param("exports-everybody", of("/a"), ["no client named, which means everybody"], id="nobody named"),
        pytest.param("exports-everybody", of("/a *(ro,sec=krb5)"), [], id="everybody with a ticket"),
        pytest.param("exports-everybody", of("/a *(rw)"), [], id="writing is told by another check"),
        pytest.param("exports-everybody-writes", of("/a *(ro)"), [], id="reading is told by another check"),
        pytest.param(
            "exports-everybody-writes", of("/a *(rw)"), ["error: exports:1: /a is exported to everybody"], id="rw"
        ),
        pytest.param("exports-everybody-writes", of("/a 0.0.0.0/0(rw)"), ["everybody"], id="every address"),
        pytest.param("exports-everybody-writes", of("/a *.lan(rw)"), [], id="a domain"),
        pytest.param("exports-space", of("/a host(rw)"), [], id="no space"),
        pytest.param("exports-space", of("/a host (rw)"), ["Take the space out"], id="a space"),
        pytest.param(
            "exports-read-only", of("/nfs/data host(sync)"), ["Nobody may write to /nfs/data"], id="without rw"
        ),
        pytest.param("exports-read-only", of("/nfs/data a(ro) b(rw)"), [], id="somebody may write"),
        pytest.param("exports-read-only", of("/other host(ro)"), [], id="no export of the policy"),
        pytest.param("exports-no-root-squash", of("/a host(rw)"), [], id="root_squash by default"),
        pytest.param(
            "exports-no-root-squash", of("/a host(rw,no_root_squash)"), ["no_root_squash for host"], id="root"
        ),
        pytest.param(
            "exports-no-root-squash",
            of("/nfs/data host(no_root_squash)", policy=GIDS),
            [],
            id="root, and gids are given",
        ),
        pytest.param(
            "exports-no-root-squash",
            of("/b host(no_root_squash)", policy=GIDS),
            ["for host"],
            id="gids are given elsewhere",
        ),
        pytest.param("exports-async", of("/a host(rw)"), [], id="sync by default"),
        pytest.param("exports-async", of("/a -async host(rw)"), ["async for host"], id="async by the line's defaults"),
        pytest.param("exports-insecure", of("/a host(rw)"), [], id="secure by default"),
        pytest.param("exports-insecure", of("/a host(rw,insecure)"), ["insecure for host"], id="insecure"),
        pytest.param("exports-insecure", of("/a host(insecure,sec=krb5)"), [], id="insecure with tickets"),
        pytest.param("exports-subtree-check", of("/a host(rw)"), [], id="no_subtree_check by default"),
        pytest.param(
            "exports-subtree-check", of("/a host(subtree_check)"), ["subtree_check for host"], id="subtree_check"
        ),
        pytest.param(
            "exports-fsid-missing",
            seen(tables=(table("/a host(rw)", _a=folder(file_system="tmpfs")),)),
            ["/a lies on tmpfs"],
            id="memory",
        ),
        pytest.param(
            "exports-fsid-missing",
            seen(tables=(table("/a host(rw,fsid=1)", _a=folder(file_system="tmpfs")),)),
            [],
            id="memory with an fsid",
        ),
        pytest.param(
            "exports-fsid-missing", seen(tables=(table("/a host(rw)", _a=folder(file_system="xfs")),)), [], id="a disk"
        ),
        pytest.param("exports-fsid-missing", of("/a host(rw)"), [], id="a folder that is not here"),
        pytest.param("exports-two-roots", of("/a host(fsid=0)\n/b host(rw)"), [], id="one root"),
        pytest.param("exports-two-roots", of("/a h(fsid=0) i(fsid=0)"), [], id="one root for two clients"),
        pytest.param("exports-two-roots", of("/a h(fsid=0)\n/b h(fsid=root)"), ["to /a and to /b"], id="two roots"),
        pytest.param("exports-outside-root", of("/a h(rw)\n/b h(rw)"), [], id="no explicit root"),
        pytest.param("exports-outside-root", of("/a h(fsid=0)\n/a/b h(rw)"), [], id="below the root"),
        pytest.param("exports-outside-root", of("/a h(fsid=0)\n/ab h(rw)"), ["do not see /ab"], id="beside the root"),
        pytest.param(
            "exports-outside-root",
            of("/nfs/data h(rw,fsid=0)"),
            ["find it at / only"],
            id="the policy's export is the root",
        ),
    ],
)
def test_tables(check: str, observed: Observed, phrases: list[str]) -> None:
    assert says(told(check, observed), *phrases)
