"""What a controller in the tests' own process has dealt with."""

import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from controller.process import ControllerProcess


def settled(process: ControllerProcess, duty: str, kind: str, verdict: str = "settled") -> float:
    """How often a duty has dealt with objects of a kind, and come to this verdict."""
    with urllib.request.urlopen(f"http://127.0.0.1:{process.health_port}/metrics") as page:
        families = list(text_string_to_metric_families(page.read().decode()))
    samples = [sample for family in families for sample in family.samples]
    wanted = ("nfs_steward_objects_settled_total", {"duty": duty, "kind": kind, "verdict": verdict})
    return sum(sample.value for sample in samples if (sample.name, sample.labels) == wanted)
