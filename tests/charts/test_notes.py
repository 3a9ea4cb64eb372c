"""What `helm install` says at its end."""

import json
import subprocess

import pytest

from policy.keys import INJECT

EXPORTS = [{"server": "10.0.0.5", "path": "/nfs/data", "name": "main"}, {"server": "nfs", "path": "/b", "name": "b"}]
CLASSES = [{"name": "gold", "export": "main", "default": True}, {"name": "silver", "export": "b"}]


@pytest.fixture
def notes(helm, chart_folder, tmp_path):
    """The notes for values given as arguments."""

    def notes(**values: object) -> str:
        file = tmp_path / "values.json"
        file.write_text(json.dumps({"exports": EXPORTS, "storageClasses": CLASSES, **values}))
        arguments = ["install", "files", chart_folder, "--namespace=storage", f"--values={file}", "--dry-run=client"]
        environment = {f"HELM_{name}_HOME": str(tmp_path / name) for name in ("CACHE", "CONFIG", "DATA")}
        result = subprocess.run(
            [helm, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        return result.stdout.partition("\nNOTES:\n")[2]

    return notes


def test_they_say_what_there_is_now(notes):
    text = notes()
    for name in ("files-nfs-steward-webhook", "files-nfs-steward-cluster", "files-nfs-steward-export-b, for nfs:/b"):
        assert name in text
    assert "gold (default), silver" in text


@pytest.mark.parametrize(
    ("certificates", "told"),
    [
        pytest.param({}, "issued and renewed by nfs-steward", id="ours"),
        pytest.param({"source": "cert-manager"}, "issued by cert-manager", id="cert-manager"),
        pytest.param({"source": "existingSecret", "existingSecret": "mine"}, "from the Secret mine", id="a Secret"),
    ],
)
def test_they_say_where_the_certificate_comes_from(notes, certificates, told):
    assert told in notes(certificates=certificates)


def test_they_say_what_to_do_next_and_what_in_an_emergency(notes):
    text = notes()
    assert f"kubectl label namespace NAME {INJECT}=enabled" in text
    assert "helm test files -n storage" in text
    assert "delete mutatingwebhookconfiguration,validatingwebhookconfiguration files-nfs-steward " in text


def test_they_say_so_where_there_is_no_class_of_ours(notes):
    assert "classes      none" in notes(storageClasses=[])
