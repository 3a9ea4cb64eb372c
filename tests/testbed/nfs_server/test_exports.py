from testbed.nfs_server.exports import FileSystem, ServedExport


def test_an_export_s_line_is_a_tutorial_s_unless_it_says_otherwise() -> None:
    assert ServedExport("/nfs/data").line() == "/nfs/data *(rw,no_root_squash,sync)"


def test_clients_and_options_stand_in_the_line_as_they_were_given() -> None:
    export = ServedExport("/nfs/xfs", FileSystem.XFS, options="ro,root_squash", clients="10.0.0.0/24")
    assert export.line() == "/nfs/xfs 10.0.0.0/24(ro,root_squash)"
