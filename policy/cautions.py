"""What is allowed in a policy and still deserves a word."""

from collections.abc import Iterator

from policy import keys
from policy.model import Export, Policy, Profile
from policy.mountoptions import effective_options, parse_options, risk_of_loss


def policy_warnings(policy: Policy) -> tuple[str, ...]:
    """One sentence for each thing in `policy` that is valid and can still hurt."""
    found = [
        sentence
        for profile in policy.profiles
        for sentence in (*_about(profile, policy.exports), *_about_limits(profile, enforced=policy.limits))
    ]
    return tuple(dict.fromkeys(found))


def _about(profile: Profile, exports: tuple[Export, ...]) -> Iterator[str]:
    if any(option.key == "nconnect" for option in parse_options(profile.mount_options)):
        yield f"{profile.rule}: nconnect is decided by a node's first mount of a server: set it on the export"
    if set(profile.access_modes or ()) == {"ReadOnlyMany"}:
        return
    for export in exports:
        risk = risk_of_loss(effective_options(export.mount_options, profile.mount_options, (), None).options)
        if risk:
            yield f"{profile.rule} on export {export.name}: {risk}"
    if not exports and (risk := risk_of_loss(profile.mount_options)):
        yield f"{profile.rule}: {risk}"


def _about_limits(profile: Profile, *, enforced: bool) -> Iterator[str]:
    quota, sizes = profile.quota, profile.claim
    if not enforced and (quota or (sizes and (sizes.min or sizes.max))):
        yield f"{profile.rule}: quota, smallest and largest size are not enforced: the policy switches limits off"
    elif quota and profile.storage_class_name is None and (quota.storage or quota.claims is not None):
        yield (
            f"{profile.rule}: its quota is for no class: give it a storageClassName, or its namespaces the label "
            f"{keys.STORAGE_CLASS}"
        )
