"""The API of a Kubernetes version, as its sources describe it.

`k8s.io/kubernetes` carries the OpenAPI description of its own API server in `api/openapi-spec`. The module comes
through Go's ordinary proxy, checked against Go's checksum database; of its 20 MB the one file is kept.
"""

import json
import tempfile
from functools import cache, partial
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from testbed.cache import cache_key, cached
from testbed.commands import run
from testbed.errors import CommandFailed, PartUnavailable
from testbed.golang import go_command, go_environment
from testbed.openapi.description import ApiDescription

_MODULE: Final = "k8s.io/kubernetes"
_INSIDE: Final = "api/openapi-spec/swagger.json"
_FILE: Final = "swagger.json"
_REMEDY: Final = "let `go mod download` reach a module proxy (GOPROXY)"


@cache
def published_api(version: str) -> ApiDescription:
    """The API of a version such as `v1.30.14`.

    Raises `PartUnavailable` where there is no Go, or the module cannot be had.
    """
    folder = cached("openapi", cache_key(_MODULE, version, _INSIDE), partial(_obtain, version))
    return ApiDescription(json.loads((folder / _FILE).read_bytes()))


def _obtain(version: str, folder: Path) -> None:
    go = go_command()
    environment = go_environment(go)
    try:
        known, proxies = run([go, "env", "GOMODCACHE", "GOPROXY"], env=environment).split()
        # Elsewhere, or 100 MB of sources would stay; what building the programs has downloaded is not downloaded again.
        with tempfile.TemporaryDirectory() as modules:
            apart = {
                "GOMODCACHE": modules,
                "GOPROXY": f"file://{known}/cache/download,{proxies}",
                "GOFLAGS": "-modcacherw",
            }
            argv: list[str | Path] = [go, "mod", "download", "-json", f"{_MODULE}@{version}"]
            downloaded = json.loads(run(argv, cwd=folder, env={**environment, **apart}, timeout=600))
            with ZipFile(downloaded["Zip"]) as archive:
                (folder / _FILE).write_bytes(archive.read(f"{_MODULE}@{version}/{_INSIDE}"))
    except CommandFailed as problem:
        raise PartUnavailable(f"the API of Kubernetes {version}", str(problem), _REMEDY) from problem
