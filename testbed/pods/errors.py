"""Why a Pod does not run, in the words that a kubelet has for it."""

from testbed.errors import TestbedError


class VolumeUnready(TestbedError):
    """A volume cannot be mounted now; the message says why. It is tried again."""


class ContainerInvalid(TestbedError):
    """A container cannot be made as it is described: `CreateContainerConfigError`."""
