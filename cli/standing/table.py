"""What is told, as tables for people."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.standing.looking import NAMESPACES
from cli.standing.summary import ClaimStatus, Limited, NamespaceStatus, Summary, Unknown
from policy.usage import size_text, used_percent

_WIDTH_WITHOUT_TERMINAL: Final = 160
_BAR: Final = 20
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_NEARLY_FULL: Final = 80
_NOTHING: Final = "-"
_ASKS_ROOT_NOTHING: Final = "ext4"
"""Who has CAP_SYS_RESOURCE may write more than a quota there, and so may root of a client with `no_root_squash`."""


def print_summary(summary: Summary, now: datetime) -> None:
    """Print it on standard output; `now`, in UTC, is what ages are counted from."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL)
    if summary.namespaces:
        console.print(_namespaces(summary))
    if any(namespace.held for namespace in summary.namespaces):
        console.print(_claims(summary, now))
    if summary.exports:
        console.print(_exports(summary, now))
    for sentence in _remarks(summary):
        console.print(sentence, markup=False)


def bar(percent: int) -> str:
    """So many percent, as a bar of 20 characters that is full from 100 on."""
    eighths = min(percent, 100) * _BAR * 8 // 100
    whole, rest = divmod(eighths, 8)
    return (_EIGHTHS[8] * whole + (_EIGHTHS[rest] if rest else "")).ljust(_BAR)


def age(moment: datetime, now: datetime) -> str:
    """How long ago something was, such as `12 min ago`."""
    passed = max(now - moment, timedelta())
    for unit, name in ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min")):
        if passed >= unit:
            return f"{passed // unit} {name} ago"
    return "just now"


def _namespaces(summary: Summary) -> Table:
    table = _table("namespace", "profile", "over quota", "requested", "claims")
    for status in summary.namespaces:
        requested, claims = "\n".join(_limits(status.storage, in_bytes=True)), "\n".join(_limits(status.claims))
        table.add_row(Text(status.name), *map(Text, _profile(status)), requested or _NOTHING, claims or _NOTHING)
    return table


def _profile(status: NamespaceStatus) -> tuple[str, str]:
    match status.settings:
        case Unknown():
            return "?", "?"
        case None:
            return "not opted in", _NOTHING
        case settings:
            return settings.profile.name, settings.profile.over_quota


def _limits(limits: Mapping[str, Limited], *, in_bytes: bool = False) -> Iterator[str]:
    """One line for each class of which there is anything, or may be."""
    for name, limited in sorted(limits.items()):
        if limited.hard or limited.used:
            hard, used = (_amount(each, in_bytes=in_bytes) for each in (limited.hard, limited.used))
            yield f"{used} of {hard} {name}"


def _amount(amount: int | None, *, in_bytes: bool) -> str:
    if amount is None:
        return "?"
    return size_text(amount) if in_bytes else str(amount)


def _claims(summary: Summary, now: datetime) -> Table:
    table = _table("claim", "class", "size", "used", "", "files", "measured", "")
    for namespace in summary.namespaces:
        for claim in namespace.held:
            about = Text(f"{namespace.name}/{claim.name}")
            size = size_text(claim.capacity) if claim.capacity is not None else _NOTHING
            table.add_row(about, Text(claim.storage_class), size, *_use(claim, now), _state(claim))
    return table


def _use(claim: ClaimStatus, now: datetime) -> tuple[Text, Text, Text, Text]:
    """How much is used, as a number and as a bar; how many files; when that was measured."""
    recorded, capacity = claim.recorded, claim.capacity
    if recorded is None or not capacity:
        return Text(claim.told or _NOTHING), Text(""), Text(""), Text("")
    percent = used_percent(recorded.bytes, capacity)
    style = "red" if claim.over_quota or percent > 100 else "yellow" if percent >= _NEARLY_FULL else "green"
    used = Text(f"{size_text(recorded.bytes)} {percent:>3} %", justify="right")
    return used, Text(bar(percent), style=style), Text(f"{recorded.files:,}"), Text(age(recorded.at, now))


def _state(claim: ClaimStatus) -> Text:
    over = claim.recorded.over if claim.recorded else ""
    if over or claim.over_quota:
        follows = {"readOnly": ": new Pods get it read-only", "block": ": no new Pods"}.get(over, "")
        return Text(f"over quota{follows}", style="bold red")
    return Text("" if claim.phase == "Bound" else claim.phase, style="yellow")


def _exports(summary: Summary, now: datetime) -> Table:
    table = _table("export", "state", "free", "oldest measurement")
    for export in summary.exports:
        free = size_text(export.free) if export.free is not None else _NOTHING
        oldest = f"{age(export.oldest, now)} ({export.oldest:%Y-%m-%d %H:%M}Z)" if export.oldest else _NOTHING
        state = Text(export.state, style="green" if export.state == "ok" else "yellow")
        table.add_row(Text(export.name), state, free, oldest)
    return table


def _remarks(summary: Summary) -> Iterator[str]:
    if not summary.namespaces and all(each.what != NAMESPACES for each in summary.unseen):
        yield "No namespace is opted in: label one nfs-steward.io/inject=enabled."
    for namespace in summary.namespaces:
        if namespace.settings is None:
            yield f"Namespace {namespace.name} is not opted in: label it nfs-steward.io/inject=enabled."
    for export in summary.exports:
        if export.sized and export.file_system == _ASKS_ROOT_NOTHING:
            yield (
                f"Export {export.name} lies on {export.file_system}, where no limit holds for root: no_root_squash on "
                "the server lets a Pod that runs as root write more than its claim's size. Whether it is so, "
                "nfs-steward doctor sees on the server, and where the export is mounted."
            )
    for each in summary.unseen:
        yield f"Not seen: {each.what}: {each.why}."


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
