"""What is told once an archive's data was given back."""

from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Restored:
    """An archive's data is in a directory of an export: that of the claim `to`, as `NAMESPACE/CLAIM`."""

    archive: str
    to: str
    export: str
    directory: str

    def __str__(self) -> str:
        return f"The data of {self.archive} is in {self.directory} of export {self.export}: that of claim {self.to}."

    def as_json(self) -> str:
        """Return it as an object, as `nfs-steward archive restore --help` describes it."""
        namespace, _, claim = self.to.partition("/")
        told = {
            "archive": self.archive,
            "namespace": namespace,
            "claim": claim,
            "export": self.export,
            "directory": self.directory,
        }
        return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
