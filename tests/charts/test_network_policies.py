"""Who may reach our Pods."""

import pytest


def test_there_are_none_unless_asked_for(render):
    assert not [name for kind, name in render() if kind == "NetworkPolicy"]


@pytest.mark.parametrize("component", ["webhook", "cluster", "export"])
def test_each_component_s_port_is_open_to_everybody_and_nothing_else_is(render, deployment, component):
    values = {"networkPolicy": {"enabled": True}}
    policy = render(**values)["NetworkPolicy", f"nfs-steward-{component}"]["spec"]
    template = deployment(component, **values)["spec"]["template"]
    (port,) = template["spec"]["containers"][0]["ports"]
    assert policy["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    assert policy["policyTypes"] == ["Ingress"]
    assert policy["ingress"] == [{"ports": [{"protocol": "TCP", "port": port["name"]}]}]
