"""From what was observed to a report."""

from collections.abc import Iterator

from controller.doctor.check import findings_of, left_out
from controller.doctor.findings import Report, Unseen
from controller.doctor.observed import ExportSeen, Observed, Part
from controller.doctor.registry import CHECKS, EXPORT_CHECKS, TABLE_CHECKS
from controller.doctor.squash import squash_of
from controller.doctor.trial import FilledIn
from controller.doctor.wording import named

_SQUASH_CHECKS = ("root-owner", "all-squash", "no-root-squash", "ownership-not-given")


def examine(observed: Observed) -> Report:
    """Put all checks to what was observed."""
    unseen = (*left_out(CHECKS, observed), *_exports_unseen(observed), *_tables_unseen(observed))
    return Report(tuple(_seen(observed)), findings_of(CHECKS, observed), unseen)


def _seen(observed: Observed) -> Iterator[str]:
    if Part.CLOCK not in observed.unseen:
        counts = {
            "opted-in namespaces": (Part.NAMESPACES, observed.opted_in),
            "StorageClasses": (Part.CLASSES, observed.classes),
            "volumes": (Part.VOLUMES, observed.volumes),
            "claims": (Part.CLAIMS, observed.claims),
        }
        told = [f"{what}: {len(found)}" for what, (part, found) in counts.items() if part not in observed.unseen]
        yield f"the cluster: {', '.join(told) or 'nothing but that it is there'}."
    if isinstance(observed.trial, FilledIn):
        yield f"the webhook: {observed.trial.message}"
    yield from (sentence for export in observed.exports for sentence in _seen_of(export))
    for table in observed.tables:
        yield f"{table.source}: {len(table.lines)} lines that export something."


def _seen_of(export: ExportSeen) -> Iterator[str]:
    if export.root:
        yield f"{export}: {export.root.file_system or 'a file system'}; its root has {export.root.state}."
    if export.trial:
        squash = f"; {squash_of(export.trial)}" if export.root and export.root.is_remote else ""
        yield f"{export}: made {export.trial.place}, and removed it{squash}."


def _exports_unseen(observed: Observed) -> Iterator[Unseen]:
    here = {export.name for export in observed.exports}
    for export in observed.policy.exports:
        if export.name not in here:
            checks = tuple(check.name for check in EXPORT_CHECKS)
            yield Unseen(f"export {export.name}", f"say where it is mounted: --export {export.name}=PATH", checks)
    for seen in observed.exports:
        if seen.root and not seen.root.is_remote:
            why = f"{seen.path} is {seen.root.file_system or 'no NFS'}: a squash shows through NFS alone"
            yield Unseen(f"how {seen} takes users", why, _SQUASH_CHECKS)
        elif seen.trial is None:
            yield Unseen(f"how {seen} takes users", "nothing can be made on it", _SQUASH_CHECKS)
        if seen.survey and seen.survey.unread:
            places = ["/".join(segments) or "its root" for segments in sorted(seen.survey.unread)]
            why = next(iter(seen.survey.unread.values()))
            yield Unseen(f"{named(places)} on {seen}", why, ("directory-without-volume", "volume-without-directory"))


def _tables_unseen(observed: Observed) -> Iterator[Unseen]:
    if not observed.tables:
        checks = tuple(check.name for check in TABLE_CHECKS)
        yield Unseen("the server's export table", "no /etc/exports here: --exports-file FILE names a copy", checks)
