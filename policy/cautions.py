"""What is allowed in a policy and still deserves a word."""

from collections.abc import Iterator

from policy.model import Export, Policy, Profile
from policy.mountoptions import effective_options, parse_options, risk_of_loss


def policy_warnings(policy: Policy) -> tuple[str, ...]:
    """One sentence for each thing in `policy` that is valid and can still hurt."""
    found = [sentence for profile in policy.profiles for sentence in _about(profile, policy.exports)]
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
