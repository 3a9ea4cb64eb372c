import pytest

from cli.explaining.errors import ManifestUnreadable
from cli.explaining.manifests import read_manifests


@pytest.fixture
def written(tmp_path):
    """Writes a manifest file, and returns its name."""

    def write(content: str | bytes, name: str = "app.yaml") -> str:
        file = tmp_path / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(file)

    return write


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
INNER = "{apiVersion: v1, kind: Pod, metadata: {name: a}}"


def test_objects_come_in_the_order_of_files_and_documents(written):
    first = written(POD + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b}\n")
    second = written(POD, "second.yaml")
    found = read_manifests([second, first])
    assert [(manifest.group, manifest.kind, manifest.name) for manifest in found] == [
        ("", "Pod", "a"),
        ("", "Pod", "a"),
        ("apps", "Deployment", "b"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"apiVersion: v1\nkind: List\nitems:\n- {INNER}", id="List"),
        pytest.param("apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a}", id="the list of a kind"),
        pytest.param(
            f"apiVersion: v1\nkind: List\nitems: [{{apiVersion: v1, kind: List, items: [{INNER}]}}]",
            id="a list in a list",
        ),
    ],
)
def test_lists_are_taken_apart(written, text):
    (manifest,) = read_manifests([written(text)])
    assert (manifest.kind, manifest.obj["apiVersion"], manifest.name) == ("Pod", "v1", "a")


def test_an_item_is_placed_by_its_own_line(written):
    with pytest.raises(ManifestUnreadable, match=r"app\.yaml:5: .* has no kind"):
        read_manifests(
            [written("apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n- {apiVersion: v1}\n")]
        )


def test_a_byte_order_mark_is_no_part_of_the_text(written):
    assert len(read_manifests([written(b"\xef\xbb\xbf" + POD.encode())])) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param("just words\n", "app.yaml:1: is no Kubernetes object but a str", id="a text"),
        pytest.param(f"{POD}---\n- 1\n", "app.yaml:5: is no Kubernetes object but a list", id="a list of numbers"),
        pytest.param("apiVersion: v1\n", "app.yaml:1: is no Kubernetes object: it has no kind", id="no kind"),
        pytest.param("kind: Pod\n", "app.yaml:1: is no Kubernetes object: it has no apiVersion", id="no apiVersion"),
        pytest.param("apiVersion: v1\nkind: 5\n", "app.yaml:1: kind should be a string", id="a number as kind"),
        pytest.param("apiVersion: v1\nkind: Pod\nmetadata: 5\n", "app.yaml:1: metadata should be", id="no metadata"),
        pytest.param("apiVersion: v1\nkind: Pod\nmetadata: {name: 5}", "metadata.name should be a string", id="name"),
        pytest.param(POD.encode() + b"# \xff\n", "app.yaml:4: is not UTF-8", id="another encoding"),
    ],
)
def test_what_is_no_object_is_told_with_its_place(written, content, told):
    with pytest.raises(ManifestUnreadable) as refused:
        read_manifests([written(content)])
    assert told in str(refused.value)


def test_a_file_that_cannot_be_opened_is_told_with_the_reason(tmp_path):
    with pytest.raises(ManifestUnreadable, match=r"missing\.yaml:1: No such file"):
        read_manifests([str(tmp_path / "missing.yaml")])
    with pytest.raises(ManifestUnreadable, match="Is a directory"):
        read_manifests([str(tmp_path)])
