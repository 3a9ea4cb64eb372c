"""What a walk finds, added up and written down."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from controller.export.measuring.draft import Draft
from controller.export.measuring.entries import Folder, Link, Links, unpack_link
from controller.export.measuring.links import How, LinkTally

_LINKS_AT_ONCE: Final = 512


class Findings:
    """Adds up: `blocks` of 512 bytes and `files`; those with several names when `add_links` says so, at the end.

    `changed`: something is not as it was when the last record was written. `surprising`: a file has turned up that has
    more names than are known, while some directories were taken to be as they were, so that it may have counted twice.
    """

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self.blocks = 0
        self.files = 0
        self.changed = False
        self.surprising = False
        self._rested = False
        self._links = LinkTally()

    def keep(self, folder: Folder, links: Iterable[Links]) -> None:
        """A directory is taken to be as it was."""
        self._rested = True
        self._add(folder)
        for some in links:
            self._links.add(some, folder.looked, How.KEPT)
            self._draft.add(some)

    def see(self, folder: Folder, links: Iterable[bytes]) -> None:
        """A directory was looked at; `links` are packed."""
        self.changed = True
        self._add(folder)
        for some in _batches(map(unpack_link, links)):
            self._links.add(some, folder.looked, How.SEEN)
            self._draft.add(some)

    def miss(self, links: Links) -> None:
        """Links that were there, in a directory that is gone or was looked at again."""
        self._links.add(links, 0, How.PAST)

    def add_links(self) -> None:
        """Add the files with several names: all of them are known by now."""
        linked = self._links.total()
        self.blocks += linked.blocks
        self.files += linked.files
        self.surprising = linked.surprising and self._rested

    def _add(self, folder: Folder) -> None:
        self.blocks += folder.blocks
        self.files += folder.files
        self._draft.add(folder)


def _batches(links: Iterator[Link]) -> Iterator[Links]:
    while some := tuple(islice(links, _LINKS_AT_ONCE)):
        yield some
