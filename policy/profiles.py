"""What holds for one namespace: its profile, with its own labels laid over.

A label that cannot be read counts as absent, which never means "no limit": the profile's value holds instead, and a
warning names the label and its value.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from policy import keys
from policy.errors import QuantityInvalid, shorten
from policy.fields import MOST_CLAIMS, is_class_name
from policy.model import DEFAULT_PROFILE_NAME, Policy, Profile, Quota
from policy.quantity import parse_quantity
from policy.selectors import selector_matches
from policy.sizes import settle_sizes

T = TypeVar("T")

NEVER_TOUCHED = frozenset({"kube-system", "kube-node-lease"})
"""Namespaces that no label opts in: what the cluster itself needs must not wait for a webhook."""

_NO_QUOTA = Quota()


@dataclass(frozen=True, slots=True)
class ChosenProfile:
    """A namespace's profile, and in a few words why it is this one."""

    profile: Profile
    rule: str


@dataclass(frozen=True, slots=True)
class NamespaceSettings:
    """What holds in one opted-in namespace. Sizes are quantities as written, known to parse; None: none is set.
    `limited`: the API server is to hold everybody to quota, smallest and largest size (`policy.quotas`).
    `nfs_classes` are those whose claims get NFS mount options; `limited_classes` those that a quota never leaves open.
    `unread` are clauses on labels that cannot be read, `idle` on what can and does not do what it says, as things are.

    Thousands of these are cached: all that comes from the profile is the profile's own object, not a copy.
    """

    namespace: str
    profile: Profile
    profile_rule: str
    storage_class: str | None
    storage_class_rule: str
    claim_default: str | None
    default_size_rule: str
    claim_min: str | None
    claim_max: str | None
    quota_storage: str | None
    max_claims: int | None
    limited: bool
    pod_security: str | None
    nfs_classes: frozenset[str]
    limited_classes: frozenset[str]
    unread: tuple[str, ...]
    idle: tuple[str, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """All that somebody should know of the labels, a clause each."""
        return self.unread + self.idle


def choose_profile(policy: Policy, labels: Mapping[str, str]) -> ChosenProfile:
    """The profile that the label names; else the first whose selector matches; else the one called `default`."""
    named = policy.profiles_by_name.get(labels.get(keys.PROFILE, ""))
    if named:
        return ChosenProfile(named, f"label {keys.PROFILE}")
    for profile in policy.profiles:
        if profile.namespace_selector and selector_matches(profile.namespace_selector, labels):
            return ChosenProfile(profile, "its namespaceSelector")
    return ChosenProfile(policy.profiles_by_name[DEFAULT_PROFILE_NAME], "no other profile chosen")


def settings_for(policy: Policy, namespace: str, labels: Mapping[str, str]) -> NamespaceSettings | None:
    """What holds in `namespace`, or None where it is not opted in (or belongs to the cluster itself)."""
    if labels.get(keys.INJECT) != keys.INJECT_ENABLED or namespace in NEVER_TOUCHED:
        return None
    chosen = choose_profile(policy, labels)
    profile = chosen.profile
    reader = _LabelReader(labels)
    reader.read(keys.PROFILE, _one_of(policy.profiles_by_name))
    storage_class = reader.read(keys.STORAGE_CLASS, _class_name)
    sizes = settle_sizes(profile, {key: reader.read(key, _size) for key in _SIZE_LABELS})
    quota = profile.quota or _NO_QUOTA
    quota_storage = reader.read(keys.QUOTA, _size)
    max_claims = reader.read(keys.MAX_CLAIMS, _count)
    if not policy.limits:
        reader.warn_of(_LIMITING_LABELS, "is ignored: the policy switches limits off")
    elif not (storage_class or profile.storage_class_name):
        reader.warn_of(_QUOTA_LABELS, _QUOTA_OF_NO_CLASS.format(profile.rule))
    return NamespaceSettings(
        namespace=namespace,
        profile=profile,
        profile_rule=chosen.rule,
        storage_class=storage_class or profile.storage_class_name,
        storage_class_rule=_STORAGE_CLASS_LABEL_RULE if storage_class else profile.rule,
        claim_default=sizes.default,
        default_size_rule=sizes.default_rule,
        claim_min=sizes.min,
        claim_max=sizes.max,
        quota_storage=quota_storage or quota.storage,
        max_claims=quota.claims if max_claims is None else max_claims,
        limited=policy.limits,
        pod_security=labels.get(keys.POD_SECURITY_ENFORCE),
        nfs_classes=_with(policy.classes, storage_class),
        limited_classes=policy.limited_classes,
        unread=tuple(reader.unread),
        idle=(*reader.idle, *sizes.warnings),
    )


_SIZE_LABELS = (keys.DEFAULT_CLAIM, keys.MIN_CLAIM, keys.MAX_CLAIM)
_QUOTA_LABELS = (keys.QUOTA, keys.MAX_CLAIMS)
_LIMITING_LABELS = (*_QUOTA_LABELS, keys.MIN_CLAIM, keys.MAX_CLAIM)
_QUOTA_OF_NO_CLASS = (
    "is for no class, since neither {} nor a label names one: it only shuts out the other profiles' classes that "
    "quota.classes does not give"
)
_STORAGE_CLASS_LABEL_RULE = f"label {keys.STORAGE_CLASS}"


def _with(classes: frozenset[str], more: str | None) -> frozenset[str]:
    return classes if more is None or more in classes else classes | {more}


class _LabelReader:
    """Reads one namespace's labels and collects a warning for each that does not do what it says."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels
        self.unread: list[str] = []
        self.idle: list[str] = []

    def read(self, key: str, parse: Callable[[str], T]) -> T | None:
        """The label's value, or None where it is absent or unreadable."""
        value = self._labels.get(key)
        if value is None:
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.unread.append(self._about(key, f"is ignored: it {error}"))
            return None

    def warn_of(self, doubtful: Sequence[str], what: str) -> None:
        """Say of those labels that are there what is the matter with them, as things are."""
        self.idle += [self._about(key, what) for key in doubtful if key in self._labels]

    def _about(self, key: str, what: str) -> str:
        return f"label {key}: {shorten(self._labels[key])} {what}"


def _one_of(profiles: Mapping[str, Profile]) -> Callable[[str], str]:
    def parse(name: str) -> str:
        if name not in profiles:
            raise ValueError(f"is no profile of the policy, which has {', '.join(profiles)}")
        return name

    return parse


def _class_name(name: str) -> str:
    if not is_class_name(name):
        raise ValueError("cannot be the name of a StorageClass")
    return name


def _size(text: str) -> str:
    try:
        parse_quantity(text)
    except QuantityInvalid as error:
        raise ValueError(error.reason) from None
    return text


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_CLAIMS):
        raise ValueError(f"is no whole number from 0 to {MOST_CLAIMS}")
    return int(text)
