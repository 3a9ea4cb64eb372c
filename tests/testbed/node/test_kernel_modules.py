import pytest

from testbed.node.kernel_modules import load_order

MODULES_DEP = """\
kernel/fs/nfs/nfsv4.ko: kernel/net/dns.ko kernel/fs/nfs/nfs.ko kernel/net/sunrpc.ko
kernel/fs/nfs/nfs.ko: kernel/fs/lockd.ko kernel/net/sunrpc.ko
kernel/fs/lockd.ko: kernel/net/sunrpc.ko
kernel/net/sunrpc.ko:
kernel/net/dns.ko:
kernel/net/veth.ko:
"""


def test_each_module_comes_after_what_it_needs_and_once() -> None:
    order = load_order(MODULES_DEP, ["nfsv4", "veth"])
    names = [file.rpartition("/")[2] for file in order]
    assert names == ["sunrpc.ko", "lockd.ko", "nfs.ko", "dns.ko", "nfsv4.ko", "veth.ko"]


def test_a_module_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match="xfs"):
        load_order(MODULES_DEP, ["xfs"])
