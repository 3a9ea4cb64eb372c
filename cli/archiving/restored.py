"""What is told once an archive's data was given back."""

from dataclasses import dataclass
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class Restored:
    """An archive's data is in a directory of an export, mounted at `root`: that of the claim `to`, as
    `NAMESPACE/CLAIM`. `group` is the gid of what was given back, `group_of_pods` that of the Pods that mount the claim;
    None where nobody can say.
    """

    archive: str
    to: str
    export: str
    root: Path
    directory: str
    group: int | None
    group_of_pods: int | None

    def __str__(self) -> str:
        done = f"The data of {self.archive} is in {self.directory} of export {self.export}: that of claim {self.to}."
        return f"{done} {self._advice}" if self._advice else done

    @property
    def _advice(self) -> str:
        """What is left to do; a namespace that was made anew has another gid than when its data was archived."""
        if None in (self.group, self.group_of_pods) or self.group == self.group_of_pods:
            return ""
        return (
            f"Its group is {self.group}, and Pods that mount the claim are in group {self.group_of_pods}: give it to "
            f"them where they are to get at it (chgrp -R {self.group_of_pods} {self.root / self.directory})."
        )

    def as_json(self) -> str:
        """Return it as an object, as `nfs-steward archive restore --help` describes it."""
        namespace, _, claim = self.to.partition("/")
        told = {
            "archive": self.archive,
            "namespace": namespace,
            "claim": claim,
            "export": self.export,
            "directory": self.directory,
            "group": self.group,
            "groupOfPods": self.group_of_pods,
        }
        return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
