"""Values that cannot be: Helm stops before anything is installed, and its message names the value."""

import pytest

EXPORT = {"server": "10.0.0.5", "path": "/nfs/data"}
PROFILE = {"name": "default"}
CLASS = {"name": "nfs"}
LOCAL = {**EXPORT, "local": {"path": "/srv", "nodeSelector": {"nfs": "server"}}}
NODES_NETWORK = {"hostNetwork": True}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param({"exprots": []}, "'exprots' not allowed", id="a typo"),
        pytest.param({"webhook": {"replica": 3}}, "at '/webhook': additional properties 'replica'", id="a typo inside"),
        pytest.param({"profiles": [{**PROFILE, "color": "red"}]}, "'color' not allowed", id="an unknown field"),
        pytest.param({"profiles": [{}]}, "missing property 'name'", id="a profile without a name"),
        pytest.param({"exports": [{"server": "nfs"}]}, "missing property 'path'", id="an export without a path"),
        pytest.param({"exports": [{**EXPORT, "server": "nfs:/data"}]}, "/exports/0/server", id="a server with a path"),
        pytest.param({"exports": [{**EXPORT, "path": "data"}]}, "/exports/0/path", id="a relative path"),
        pytest.param({"exports": [{**EXPORT, "name": "Main"}]}, "/exports/0/name", id="a name that is no label"),
        pytest.param({"gateTimeout": 10}, "/gateTimeout", id="a number as duration"),
        pytest.param({"gateTimeout": "1d"}, "/gateTimeout", id="a duration that is none"),
        pytest.param({"schedulingGate": "yes"}, "/schedulingGate", id="a text as truth value"),
        pytest.param(
            {"profiles": [{**PROFILE, "claim": {"default": "1GB"}}]}, "/profiles/0/claim/default", id="a bad quantity"
        ),
        pytest.param(
            {"profiles": [{**PROFILE, "mountOptions": ["hrad"]}]}, "/profiles/0/mountOptions/0", id="an unknown option"
        ),
        pytest.param(
            {"exports": [{**EXPORT, "mountOptions": ["bg"]}]}, "/exports/0/mountOptions/0", id="an option of the node's"
        ),
        pytest.param(
            {"profiles": [{**PROFILE, "allowedMountOptions": ["suid"]}]},
            "/profiles/0/allowedMountOptions/0",
            id="an option that no claim may ask for",
        ),
        pytest.param({"profiles": [{**PROFILE, "overQuota": "stop"}]}, "/profiles/0/overQuota", id="an unknown word"),
        pytest.param(
            {"exports": [{**EXPORT, "directories": {"mode": "777x"}}]}, "/exports/0/directories/mode", id="a bad mode"
        ),
        pytest.param(
            {"exports": [{**EXPORT, "local": {"path": "/srv"}}]}, "missing property 'nodeSelector'", id="any node"
        ),
        pytest.param({"storageClasses": [{**CLASS, "quota": "zfs"}]}, "/storageClasses/0/quota", id="no such quota"),
        pytest.param({"gidRange": {"from": -1, "to": 5}}, "/gidRange/from", id="a gid below nothing"),
        pytest.param({"storageClasses": [{}]}, "missing property 'name'", id="a class without a name"),
        pytest.param(
            {"storageClasses": [{**CLASS, "parameters": {"quota": "project"}}]},
            "at '/storageClasses/0/parameters': additional properties 'quota'",
            id="a parameter that the provisioner does not know",
        ),
        pytest.param(
            {"storageClasses": [{**CLASS, "onDelete": "keep"}]}, "/storageClasses/0/onDelete", id="no way out"
        ),
        pytest.param(
            {"storageClasses": [{**CLASS, "archiveFor": "30d"}]}, "/storageClasses/0/archiveFor", id="a time in days"
        ),
        pytest.param({"provisionerName": "a b"}, "/provisionerName", id="a provisioner's name that is none"),
        pytest.param(
            {"storageClasses": [{**CLASS, "parameters": {"uid": "me"}}]},
            "/storageClasses/0/parameters/uid",
            id="an owner that is no number",
        ),
        pytest.param({"webhook": {"replicas": 0}}, "/webhook/replicas", id="no replicas"),
        pytest.param({"webhook": {"workers": 65}}, "/webhook/workers", id="more workers than the program takes"),
        pytest.param({"webhook": {"service": {"port": 0}}}, "/webhook/service/port", id="a port that is none"),
        pytest.param({"webhook": {"validatingFailurePolicy": "fail"}}, "validatingFailurePolicy", id="a wrong word"),
        pytest.param(
            {"webhook": {"resources": {"limits": {"memory": "320MB"}}}},
            "/webhook/resources/limits/memory",
            id="a bad quantity of memory",
        ),
        pytest.param(
            {"controller": {"tolerations": [{"key": "a", "effect": "Never"}]}},
            "/controller/tolerations/0/effect",
            id="a toleration of an unknown effect",
        ),
        pytest.param({"controller": {"runAsUser": 2**31}}, "/controller/runAsUser", id="a uid that no Pod can have"),
        pytest.param({"image": {"digest": "abc"}}, "/image/digest", id="a digest that is none"),
        pytest.param({"image": {"pullPolicy": "Sometimes"}}, "/image/pullPolicy", id="an unknown pull policy"),
        pytest.param({"certificates": {"source": "vault"}}, "/certificates/source", id="an unknown source"),
        pytest.param({"certificates": {"lifetime": "90d"}}, "/certificates/lifetime", id="a lifetime in days"),
        pytest.param({"certificates": {"existingSecret": "My Secret"}}, "/certificates/existingSecret", id="no name"),
        pytest.param({"log": {"level": "loud"}}, "/log/level", id="an unknown level"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_the_schema(template, values, told):
    result = template(**values)
    assert result.returncode != 0
    assert told in result.stderr
    assert "values don't meet the specifications of the schema" in result.stderr


@pytest.mark.parametrize(
    ("at", "missing"),
    [
        pytest.param("", "limits", id="whether there are rights to limits"),
        pytest.param("", "image", id="the image"),
        pytest.param("/image", "repository", id="where the image is from"),
        pytest.param("", "webhook", id="the webhook"),
        pytest.param("/webhook", "workers", id="its processes"),
        pytest.param("/webhook", "port", id="its port"),
        pytest.param("/webhook", "service", id="its Service"),
        pytest.param("/webhook", "validatingFailurePolicy", id="what becomes of Pods without it"),
        pytest.param("", "controller", id="the controllers"),
        pytest.param("/controller", "port", id="their port"),
        pytest.param("/controller", "replicas", id="how many there are"),
        pytest.param("", "certificates", id="the certificates"),
        pytest.param("/certificates", "source", id="where they are from"),
        pytest.param("/certificates", "lifetime", id="how long they are valid"),
        pytest.param("/certificates", "authorityLifetime", id="how long who signs them is"),
        pytest.param("", "networkPolicy", id="network policies"),
        pytest.param("", "monitoring", id="monitoring"),
        pytest.param("/monitoring", "prometheusRule", id="alerts"),
        pytest.param("", "log", id="the log"),
        pytest.param("/log", "level", id="how much is logged"),
    ],
)
def test_a_value_that_nothing_works_without_cannot_be_null(template, at, missing):
    part = {missing: None}
    result = template(**({at[1:]: part} if at else part))
    assert result.returncode != 0
    assert f"at '{at}': missing property '{missing}'" in result.stderr


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param({"exports": []}, "exports: nfs-steward needs an export: --set exports[0].server=", id="no export"),
        pytest.param(
            {"exports": [{**EXPORT, "name": "a"}, EXPORT]}, "exports[1]: needs a name", id="one of several has no name"
        ),
        pytest.param(
            {"exports": [{**EXPORT, "name": "a"}, {**EXPORT, "name": "a", "path": "/b"}]},
            "exports[1].name: a is another export's name",
            id="two exports of one name",
        ),
        pytest.param(
            {"gidRange": None, "exports": [{**EXPORT, "directories": {"gid": "auto"}}]},
            "exports[0].directories.gid: auto takes gids from gidRange",
            id="gids out of nowhere for an export",
        ),
        pytest.param(
            {"profiles": [PROFILE, {"name": "gold"}, {"name": "gold"}]},
            "profiles[2].name: gold is another profile's name",
            id="a profile named twice",
        ),
        pytest.param({"profiles": [{"name": "gold"}]}, "profiles: there has to be one called default", id="no default"),
        pytest.param({"profiles": []}, "profiles: there has to be one called default", id="no profile at all"),
        pytest.param(
            {"storageClasses": [CLASS, CLASS]},
            "storageClasses[1].name: nfs is another class's name",
            id="a class named twice",
        ),
        pytest.param(
            {"storageClasses": [{**CLASS, "default": True}, {"name": "other", "default": True}]},
            "storageClasses[1].default: nfs and other cannot both be the default class",
            id="two default classes",
        ),
        pytest.param(
            {"exports": [{**EXPORT, "name": "a"}, {**EXPORT, "name": "b"}]},
            "storageClasses[0].export: nfs has to name its export",
            id="a class that could lie on either of two exports",
        ),
        pytest.param(
            {"storageClasses": [{**CLASS, "export": "mian"}]},
            "storageClasses[0].export: there is no export mian, only main",
            id="a class on an export that is not there",
        ),
        pytest.param(
            {"storageClasses": [{**CLASS, "export": ["main", "mian"]}]},
            "storageClasses[0].export: there is no export mian, only main",
            id="a class on two, one of which is not there",
        ),
        pytest.param(
            {"storageClasses": [{**CLASS, "export": "main,main"}]},
            "storageClasses[0].export: nfs names an export twice",
            id="a class on one export twice",
        ),
        pytest.param(
            {"storageClasses": [{**CLASS, "onDelete": "delete", "archiveFor": "1h"}]},
            "storageClasses[0].archiveFor: there are no archives with onDelete: delete",
            id="no archives, kept for a time",
        ),
        pytest.param(
            {"storageClasses": [{**CLASS, "pathPattern": "all"}]},
            "storageClasses[0].pathPattern: all is one directory for all claims",
            id="one directory for everybody",
        ),
        pytest.param(
            {"gidRange": None, "storageClasses": [{**CLASS, "parameters": {"gid": "auto"}}]},
            "storageClasses[0].parameters.gid: auto takes gids from gidRange",
            id="gids out of nowhere",
        ),
        pytest.param(
            {"storageClasses": [{**CLASS, "quota": "project"}]},
            "storageClasses[0].quota: export main is mounted over the network",
            id="a limit that nobody could set",
        ),
        pytest.param(
            {
                "exports": [{**LOCAL, "name": "a"}, {**EXPORT, "name": "b", "path": "/b"}],
                "storageClasses": [{**CLASS, "quota": "btrfs", "export": ["a", "b"]}],
            },
            "storageClasses[0].quota: export b is mounted over the network",
            id="a limit that nobody could set on one of two",
        ),
        pytest.param(
            {"exports": [LOCAL], "storageClasses": [{**CLASS, "quota": "project", "shared": True}]},
            "storageClasses[0].quota: a directory that claims share",
            id="a limit for several",
        ),
        pytest.param({"controller": {"runAsUser": 0}}, "controller.runAsUser: 0 is root", id="root by number"),
        pytest.param({"controller": {"runAsGroup": 5}}, "controller.runAsGroup: says nothing", id="root with a group"),
        pytest.param(
            {"controller": {**NODES_NETWORK, "port": 65535}}, "controller.port: with controller.hostNetwork", id="ports"
        ),
        pytest.param(
            {"controller": {**NODES_NETWORK, "port": 8442}, "webhook": NODES_NETWORK},
            "webhook.port: on the nodes' network 8442 to 8443 are the controllers'",
            id="one port for two",
        ),
        pytest.param(
            {"webhook": {**NODES_NETWORK, "port": 443}},
            "webhook.port: 443 on the nodes' network",
            id="a port of root's",
        ),
        pytest.param(
            {"certificates": {"source": "existingSecret"}},
            "certificates.existingSecret: has to name the Secret",
            id="an existing Secret without a name",
        ),
        pytest.param(
            {"certificates": {"existingSecret": "mine"}},
            "certificates.existingSecret: mine is not used while certificates.source is self",
            id="an existing Secret that nobody uses",
        ),
        pytest.param(
            {"certificates": {"lifetime": "2h", "authorityLifetime": "120m"}},
            "certificates.authorityLifetime: an authority has to live longer",
            id="an authority that does not outlive what it signs",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused_in_our_own_words(template, values, told):
    result = template(**values)
    assert result.returncode != 0
    assert f"\n  {told}" in result.stderr


def test_all_contradictions_are_told_at_once(template):
    result = template(exports=[], profiles=[], controller={"runAsUser": 0})
    assert result.stderr.count("\n  ") == 3


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"controller": {**NODES_NETWORK, "port": 8443}}, id="one port in two networks"),
        pytest.param(
            {"certificates": {"lifetime": "119m", "authorityLifetime": "2h"}}, id="an authority that outlives"
        ),
        pytest.param({"webhook": {"port": 443}}, id="a low port in the Pods' network"),
        pytest.param({"webhook": {"excludedNamespaces": None}}, id="no namespaces left out"),
        pytest.param({"storageClasses": []}, id="no class of ours"),
        pytest.param({"profiles": [{**PROFILE, "storageClassName": "somebody-else-s"}]}, id="somebody else's class"),
        pytest.param(
            {
                "exports": [{**EXPORT, "name": "a"}, {**EXPORT, "name": "b"}],
                "storageClasses": [{**CLASS, "export": "b"}],
            },
            id="a class on one of two exports",
        ),
        pytest.param(
            {"storageClasses": [{**CLASS, "pathPattern": "all", "shared": True, "onDelete": "retain"}]},
            id="one directory that everybody shares",
        ),
        pytest.param(
            {"gidRange": {"from": 1000, "to": 2000}, "storageClasses": [{**CLASS, "parameters": {"gid": "auto"}}]},
            id="gids out of a range",
        ),
    ],
)
def test_what_only_looks_like_a_contradiction_is_rendered(template, values):
    result = template(**values)
    assert result.returncode == 0, result.stderr
