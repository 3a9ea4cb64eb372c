"""The server is what tutorials set up: seen by the programs with which they check it."""

import pytest

from testbed.nfs_server.exports import ANONYMOUS, FileSystem, ServedExport
from testbed.nfs_server.processes import User
from testbed.nfs_server.server import LOOPBACK, NfsServer

SOMEBODY = User(1000, 1000)


@pytest.fixture(scope="module")
def tutorial(server: NfsServer) -> ServedExport:
    """The export of a tutorial, that of `root_squash` the other way round."""
    export = ServedExport("/nfs/data")
    server.serve(export)
    return export


def test_showmount_and_rpcinfo_say_what_a_tutorial_s_reader_expects(server: NfsServer, tutorial: ServedExport) -> None:
    assert [tutorial.root, "*"] in [line.split() for line in server.check(f"showmount -e {LOOPBACK}").splitlines()]
    services = {line.split()[-1] for line in server.check(f"rpcinfo -p {LOOPBACK}").splitlines()}
    assert services >= {"portmapper", "nfs", "mountd", "nlockmgr", "status"}


@pytest.mark.parametrize("version", ["3", "4.1"])
def test_what_a_client_writes_lies_on_the_server(server: NfsServer, tutorial: ServedExport, version: str) -> None:
    place = server.mount(tutorial.root, f"/mnt/v{version}", version)
    server.check(f"echo hello > {place}/by-{version}", SOMEBODY)
    seen = server.check(f"cat {tutorial.root}/by-{version}; stat -c %u:%g {tutorial.root}/by-{version}")
    assert seen.split() == ["hello", "1000:1000"]
    assert f"vers={version}" in server.check(f"grep ' {place} ' /proc/mounts")


def test_root_is_nobody_as_soon_as_the_table_says_root_squash(server: NfsServer) -> None:
    root = "/nfs/changing"
    server.serve(ServedExport(root, options="rw,no_root_squash,sync"))
    place = server.mount(root, "/mnt/changing")
    server.check(f"touch {place}/before")
    server.serve_otherwise(ServedExport(root, options="rw,root_squash,sync"))
    server.check(f"touch {place}/after")
    owners = server.check(f"stat -c %u {root}/before {root}/after")
    assert owners.split() == ["0", str(ANONYMOUS)]


@pytest.mark.parametrize(
    ("file_system", "limit", "refusal"),
    [
        pytest.param(
            FileSystem.EXT4,
            "chattr -p 7 +P {folder} && setquota -P 7 0 10240 0 0 {root}",
            "Disk quota exceeded",
            id="ext4",
        ),
        pytest.param(
            FileSystem.XFS,
            "xfs_quota -x -c 'project -s -p {folder} 7' -c 'limit -p bhard=10m 7' {root}",
            "No space left on device",
            id="XFS",
        ),
    ],
)
def test_a_project_quota_holds_a_client_to_it(
    server: NfsServer, file_system: FileSystem, limit: str, refusal: str
) -> None:
    root = f"/nfs/limited-{file_system}"
    server.serve(ServedExport(root, file_system))
    server.check(f"mkdir -m 777 {root}/some && {limit.format(folder=f'{root}/some', root=root)}")
    folder = f"{server.mount(root, f'/mnt/limited-{file_system}')}/some"
    assert server.check(f"/usr/bin/df --output=size {folder}").split()[-1] == "10240"
    written = server.run(f"dd if=/dev/zero of={folder}/file bs=1M count=20 oflag=direct", SOMEBODY)
    assert written.status
    assert refusal in written.output
