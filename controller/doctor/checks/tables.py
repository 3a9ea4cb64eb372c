"""What beginners write into an export table (exports(5)): who may mount, and what they may do."""

from collections.abc import Iterator
from dataclasses import dataclass

from controller.doctor.exportoptions import ExportOptions, export_options
from controller.doctor.exportstable import ExportClient, ExportLine, UnreadLine
from controller.doctor.findings import Finding, Level
from controller.doctor.observed import Observed
from controller.doctor.squash import gives_away, wishes_on

_APPLY = "then exportfs -ra."


@dataclass(frozen=True, slots=True)
class Grant:
    """What one client gets on one line."""

    where: str
    line: ExportLine
    client: ExportClient
    options: ExportOptions

    @property
    def folder(self) -> str:
        """The exported folder."""
        return self.line.path


def unread(observed: Observed) -> Iterator[Finding]:
    """A line that the server cannot read."""
    for table in observed.tables:
        for line in table.lines:
            if isinstance(line, UnreadLine):
                yield Finding(
                    Level.ERROR,
                    f"{table.source}:{line.number}",
                    f"It cannot be read: {line.why}.",
                    "The server leaves it out, and what it exports is not there.",
                    f"Write it as FOLDER CLIENT(OPTION,...) CLIENT(OPTION,...); {_APPLY}",
                )


def to_everybody(observed: Observed) -> Iterator[Finding]:
    """Everybody may mount and read."""
    for grant in grants(observed):
        if _is_open(grant) and not grant.options.writable:
            yield Finding(
                Level.WARNING,
                grant.where,
                f"{grant.folder} is exported to everybody ({_as_written(grant.client)}), to read.",
                "Any machine that reaches the server reads all that is not kept to an owner, and owners are what a "
                "client says they are.",
                f"Name the nodes or their network, such as 192.168.20.0/24(...), instead; {_APPLY}",
            )


def to_everybody_to_write(observed: Observed) -> Iterator[Finding]:
    """Everybody may mount and write."""
    for grant in grants(observed):
        if _is_open(grant) and grant.options.writable:
            yield Finding(
                Level.ERROR,
                grant.where,
                f"{grant.folder} is exported to everybody ({_as_written(grant.client)}), to write.",
                "Any machine that reaches the server can change and delete all of it: AUTH_SYS believes whatever uid a "
                "client claims.",
                f"Name the nodes or their network, such as 192.168.20.0/24(rw), instead; {_APPLY}",
            )


def apart_from_options(observed: Observed) -> Iterator[Finding]:
    """A space between a client and its options."""
    for grant in grants(observed):
        if grant.client.apart:
            yield Finding(
                Level.ERROR,
                grant.where,
                "There is a space between a client and its options.",
                "The client gets the defaults (read-only), and the options are everybody's: exports(5) allows no "
                "space there.",
                f"Take the space out: CLIENT(OPTION,...); {_APPLY}",
            )


def root_everywhere(observed: Observed) -> Iterator[Finding]:
    """`no_root_squash` where nothing needs it."""
    needing = {export.path for export in observed.policy.exports if gives_away(wishes_on(export.name, observed))}
    for grant in grants(observed):
        if not grant.options.squashes_root and grant.folder not in needing:
            yield Finding(
                Level.WARNING,
                grant.where,
                f"no_root_squash for {_as_written(grant.client)}.",
                "Root of that client, and so a Pod that runs as root there, is root on all of the export. It is needed "
                "only where nfs-steward gives directories to others (gid: auto, uid, gid), and by the nodes alone.",
                "root_squash, with controllers that run as the user that owns the folder (controller.runAsUser); or "
                f"no_root_squash for the nodes that run controllers alone; {_APPLY}",
            )


def lying_about_writes(observed: Observed) -> Iterator[Finding]:
    """`async`."""
    for grant in grants(observed):
        if grant.options.delays_writes:
            yield Finding(
                Level.WARNING,
                grant.where,
                f"async for {_as_written(grant.client)}.",
                "The server says that data is written before it is: what was promised to a database is lost when the "
                "server crashes.",
                f"sync, which is the default; {_APPLY}",
            )


def any_port(observed: Observed) -> Iterator[Finding]:
    """`insecure`."""
    for grant in grants(observed):
        if grant.options.any_port and not grant.options.authenticates:
            yield Finding(
                Level.WARNING,
                grant.where,
                f"insecure for {_as_written(grant.client)}: requests from ports above 1023 are taken.",
                "Any program of a client, a Pod's too, can speak NFS to the server by itself, with whatever uid it "
                "claims; from a port below that only root of the client can.",
                f"Leave insecure out. Where an address translation between client and server changes ports, let the "
                f"nodes reach the server without it; {_APPLY}",
            )


def subtree(observed: Observed) -> Iterator[Finding]:
    """`subtree_check`."""
    for grant in grants(observed):
        if grant.options.checks_subtree:
            yield Finding(
                Level.WARNING,
                grant.where,
                f"subtree_check for {_as_written(grant.client)}.",
                "A file that is renamed while it is open is lost to the client (ESTALE), and directories are renamed "
                "when volumes are deleted or archived.",
                f"no_subtree_check, which is the default; {_APPLY}",
            )


def read_only(observed: Observed) -> Iterator[Finding]:
    """A managed export that nobody may write to."""
    managed = {export.path: export.name for export in observed.policy.exports}
    by_folder: dict[str, list[Grant]] = {}
    for grant in grants(observed):
        by_folder.setdefault(grant.folder, []).append(grant)
    for folder, granted in by_folder.items():
        if folder in managed and not any(grant.options.writable for grant in granted):
            yield Finding(
                Level.ERROR,
                granted[0].where,
                f"Nobody may write to {folder}, which is export {managed[folder]} of the policy.",
                "Without rw an export is read-only (exports(5)): no directory can be made.",
                f"Add rw to the options of the nodes; {_APPLY}",
            )


def grants(observed: Observed) -> Iterator[Grant]:
    """Every client of every line that can be read."""
    for table in observed.tables:
        for line in table.lines:
            if isinstance(line, ExportLine):
                for client in line.clients:
                    options = export_options(client.name, client.options)
                    yield Grant(f"{table.source}:{line.number}", line, client, options)


def _is_open(grant: Grant) -> bool:
    return grant.client.everybody and not grant.options.authenticates


def _as_written(client: ExportClient) -> str:
    return client.name or "no client named, which means everybody"
