"""Where the webhook's certificate comes from: ours, cert-manager's, or somebody else's Secret."""

from datetime import timedelta

import pytest

from cli.controller import command
from controller.certificates.options import CertificateOptions

DENYING = [{"name": "default", "inlineVolumes": "deny"}]
CALLERS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
FOREIGN = {"source": "existingSecret", "existingSecret": "mine"}


@pytest.fixture
def duty(deployment):
    """What the cluster's controller is told of certificates: its options, from the arguments that are rendered."""

    def duty(**values: object):
        (container,) = deployment("cluster", **values)["spec"]["template"]["spec"]["containers"]
        bound = [each.replace("$(POD_IP)", "::1") for each in container["args"][1:]]
        return command.make_context("controller", bound).params

    return duty


@pytest.fixture
def secret(deployment):
    """The name of the Secret that the webhook serves with."""

    def secret(**values: object) -> str:
        volumes = deployment("webhook", **values)["spec"]["template"]["spec"]["volumes"]
        (name,) = [each["secret"]["secretName"] for each in volumes if "secret" in each]
        return name

    return secret


def test_by_default_the_controller_issues_what_it_would_by_itself(duty, secret):
    options, defaults = duty(), CertificateOptions()
    assert options["mode"] == "issue"
    assert options["secret"] == secret() == defaults.secret
    assert options["service"] == defaults.service
    assert options["configuration"] == defaults.configuration
    assert (options["lifetime"], options["authority_lifetime"]) == (defaults.lifetime, defaults.authority_lifetime)


def test_the_controller_is_told_the_names_of_this_release(duty, render):
    values = {"release": "files", "profiles": DENYING}
    options, rendered = duty(**values), render(**values)
    assert ("Service", options["service"]) in rendered
    for kind in CALLERS:
        assert (kind, options["configuration"]) in rendered
    labels = rendered["Deployment", "files-nfs-steward-webhook"]["spec"]["selector"]["matchLabels"]
    assert options["pods"] == ",".join(f"{key}={value}" for key, value in labels.items())


def test_lifetimes_are_values(duty):
    options = duty(certificates={"lifetime": "24h", "authorityLifetime": "30h30m"})
    assert options["lifetime"] == timedelta(hours=24)
    assert options["authority_lifetime"] == timedelta(hours=30, minutes=30)


def test_somebody_else_s_secret_is_served_and_its_authority_published(duty, secret):
    options = duty(certificates=FOREIGN)
    assert options["mode"] == "publish"
    assert options["secret"] == secret(certificates=FOREIGN) == "mine"


def test_with_cert_manager_the_controller_leaves_certificates_alone(duty):
    assert duty(certificates={"source": "cert-manager"})["mode"] is None


def test_cert_manager_fills_the_secret_that_the_webhook_serves_with(render, secret):
    certificates = {"source": "cert-manager", "lifetime": "48h", "authorityLifetime": "480h"}
    rendered = render(certificates=certificates)
    authority = rendered["Certificate", "nfs-steward-authority"]["spec"]
    serving = rendered["Certificate", "nfs-steward-webhook"]["spec"]
    assert serving["secretName"] == secret(certificates=certificates)
    assert serving["dnsNames"] == ["nfs-steward-webhook.storage.svc"]
    assert (serving["duration"], authority["duration"]) == ("48h", "480h")
    assert authority["isCA"] is True
    assert "isCA" not in serving


def test_cert_manager_s_issuers_lead_from_a_signature_of_its_own_to_the_serving_certificate(render):
    rendered = render(certificates={"source": "cert-manager"})
    serving = rendered["Certificate", "nfs-steward-webhook"]["spec"]
    issuer = rendered["Issuer", serving["issuerRef"]["name"]]["spec"]
    authority = rendered["Certificate", "nfs-steward-authority"]["spec"]
    assert issuer == {"ca": {"secretName": authority["secretName"]}}
    assert rendered["Issuer", authority["issuerRef"]["name"]]["spec"] == {"selfSigned": {}}


def test_cert_manager_publishes_the_authority_of_that_very_certificate(render):
    rendered = render(certificates={"source": "cert-manager"}, profiles=DENYING)
    for kind in CALLERS:
        annotations = rendered[kind, "nfs-steward"]["metadata"]["annotations"]
        namespace, _, name = annotations["cert-manager.io/inject-ca-from"].partition("/")
        assert rendered["Certificate", name]["metadata"]["namespace"] == namespace


@pytest.mark.parametrize("certificates", [{}, FOREIGN], ids=["our own", "somebody else's"])
def test_without_cert_manager_nothing_of_its_kinds_is_rendered(render, certificates):
    rendered = render(certificates=certificates, profiles=DENYING)
    assert not [kind for kind, _ in rendered if kind in {"Issuer", "Certificate"}]
    assert not [kind for kind in CALLERS if "annotations" in rendered[kind, "nfs-steward"]["metadata"]]


@pytest.mark.parametrize("certificates", [{}, FOREIGN, {"source": "cert-manager"}])
def test_no_secret_and_no_authority_is_ever_rendered(render, certificates):
    rendered = render(certificates=certificates, profiles=DENYING)
    assert not [name for kind, name in rendered if kind == "Secret"]
    for kind in CALLERS:
        for webhook in rendered[kind, "nfs-steward"]["webhooks"]:
            assert set(webhook["clientConfig"]) == {"service"}
