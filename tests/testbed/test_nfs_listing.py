from testbed.nfs_listing import Entry, parse_listing

LISTING = """\
drwxrwx---  3  5000  5001         4096 a
lrwxrwxrwx  1     0  5001            1 a/l
-rw-r--r--  1     0     0            9 a/two words
something else
"""


def test_a_listing_is_read_with_owners_and_paths() -> None:
    assert list(parse_listing(LISTING)) == [
        Entry("a", "d", "rwxrwx---", 5000, 5001, 4096),
        Entry("a/l", "l", "rwxrwxrwx", 0, 5001, 1),
        Entry("a/two words", "-", "rw-r--r--", 0, 0, 9),
    ]
