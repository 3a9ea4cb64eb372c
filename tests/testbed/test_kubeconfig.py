import stat
from pathlib import Path

import yaml

from testbed.kubeconfig import Access, write_kubeconfig


def test_a_kubeconfig_names_one_user_of_one_cluster_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    path = write_kubeconfig(tmp_path / "new" / "kubeconfig", Access("https://127.0.0.1:1", b"PEM", "secret"))
    config = yaml.safe_load(path.read_text())
    assert config["clusters"][0]["cluster"] == {
        "server": "https://127.0.0.1:1",
        "certificate-authority-data": "UEVN",
    }
    assert config["users"][0]["user"] == {"token": "secret"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
