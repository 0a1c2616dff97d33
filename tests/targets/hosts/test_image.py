"""Which image is used: one made before, one built on a base, or one packed from this machine."""

import io
import threading

import docker.errors
import pytest
import requests

from targets.hosts import image, labels, packing, payload
from targets.target import HostUnavailable, Needed


def api_error(status: int, why: str) -> docker.errors.APIError:
    response = requests.Response()
    response.status_code = status
    return docker.errors.APIError(why, response=response, explanation=why)


class FakeApi:
    """An engine's images. ``registry`` is what its registry holds, or an exception."""

    def __init__(self, here: set[str] = frozenset(), registry: set[str] | Exception = frozenset()):
        self.here = {name: {"Id": f"sha256:{name}"} for name in here}
        self.registry = registry
        self.recipes: dict[str, str] = {}
        self.calls: list[str] = []
        self.hang: threading.Event | None = None

    def images(self, filters):
        recipe = filters["label"].removeprefix(f"{labels.RECIPE}=")
        return [{"RepoTags": [t]} for t, r in self.recipes.items() if r == recipe]

    def inspect_image(self, name):
        if name not in self.here:
            raise api_error(404, "no such image")
        return self.here[name]

    def inspect_distribution(self, name):
        self.calls.append(f"ask registry for {name}")
        if self.hang is not None:
            self.hang.wait(10)
        if isinstance(self.registry, Exception):
            raise self.registry
        if name not in self.registry:
            raise api_error(404, "manifest unknown")

    def pull(self, repository, tag):
        self.calls.append(f"pull {repository}:{tag}")
        self.here[f"{repository}:{tag}"] = {"Id": "sha256:pulled"}

    def build(self, *, tag, buildargs, **options):
        self.calls.append(f"build on {buildargs['BASE']}")
        assert options["labels"][labels.RECIPE]
        assert options["rm"] and options["forcerm"]
        self.recipes[tag] = options["labels"][labels.RECIPE]
        yield {"stream": "Step 1\n"}
        if buildargs["BASE"].startswith("broken"):
            yield {"error": "exec: python3 not found"}

    def import_image_from_data(self, data, repository, tag, changes):
        self.calls.append("import")
        (recipe,) = (c for c in changes if c.startswith("LABEL"))
        self.recipes[f"{repository}:{tag}"] = recipe.partition("=")[2]
        self.here[f"{repository}:{tag}"] = {"Id": "sha256:new"}

    def remove_image(self, name):
        self.calls.append(f"remove {name}")


class FakeEngine:
    def __init__(self, api: FakeApi, architecture: str = "here"):
        self.api = api
        self.version = {"Arch": architecture}


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """A payload and a packing of a few bytes."""
    source = tmp_path / "x.py"
    source.write_text("x = 1\n")
    monkeypatch.setattr(payload, "files", lambda: {"targets/x.py": source})
    interpreter = packing.Interpreter(source, (), "3.11.0")
    monkeypatch.setattr(packing, "find_interpreter", lambda: interpreter)
    packed = packing.Packed(io.BytesIO(b"tar"), "f" * 64, ("WORKDIR /",))
    monkeypatch.setattr(packing, "pack", lambda interpreter, software=(): packed)
    monkeypatch.setattr(image, "same_architecture", lambda version: version["Arch"] == "here")


def ensure(api: FakeApi, base: str | None = None, architecture: str = "here"):
    said: list[str] = []
    found = image.ensure(FakeEngine(api, architecture), said.append, base)
    return found, said


def test_a_base_that_is_here_is_built_on():
    api = FakeApi(here={image.DEFAULT_BASE})
    found, said = ensure(api)
    assert api.calls == [f"build on {image.DEFAULT_BASE}"]
    assert found.origin == f"built from {image.DEFAULT_BASE}"
    assert len(said) == 1 and found.tag in said[0]


def test_a_base_that_a_registry_has_is_pulled_and_built_on():
    api = FakeApi(registry={image.DEFAULT_BASE})
    _, said = ensure(api)
    assert said[0] == f"pulling {image.DEFAULT_BASE} (once)"
    assert api.calls == [
        f"ask registry for {image.DEFAULT_BASE}",
        f"pull {image.DEFAULT_BASE}",
        f"build on {image.DEFAULT_BASE}",
    ]


def test_where_no_registry_answers_this_machine_is_packed_and_says_so():
    api = FakeApi(registry=api_error(500, "dial tcp: no such host"))
    found, said = ensure(api)
    assert api.calls[-1] == "import"
    assert found.tag == f"{image.REPOSITORY}:{'f' * image.TAG_DIGITS}"
    assert len(said) == 1
    assert "packed from this machine's Python 3.11.0" in said[0]
    assert "dial tcp: no such host" in said[0]


def test_a_python_that_cannot_be_read_says_so(monkeypatch):
    def unreadable(interpreter, software=()):
        raise PermissionError(13, "Permission denied", "/root/python")

    monkeypatch.setattr(packing, "pack", unreadable)
    with pytest.raises(HostUnavailable, match=r"cannot be packed \(.*'/root/python'\)"):
        ensure(FakeApi())


def test_a_registry_that_hangs_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(image, "REGISTRY_TIMEOUT_S", 0.01)
    api = FakeApi()
    api.hang = threading.Event()
    _, said = ensure(api)
    api.hang.set()
    assert "no answer within 0.01 s" in said[0]


@pytest.mark.parametrize("here", [{image.DEFAULT_BASE}, set()])
def test_an_image_made_before_is_used_again_without_a_word(here):
    api = FakeApi(here=here)
    first, _ = ensure(api)
    api.calls.clear()
    again, said = ensure(api)
    assert again == first
    assert said == [] and api.calls == []


def test_changed_sources_make_another_image(tmp_path):
    api = FakeApi(here={image.DEFAULT_BASE})
    first, _ = ensure(api)
    (tmp_path / "x.py").write_text("x = 2\n")
    second, _ = ensure(api)
    assert second.tag != first.tag


def test_a_base_asked_for_by_name_is_that_or_nothing():
    with pytest.raises(HostUnavailable, match=r"base image mine:1 .* manifest unknown"):
        ensure(FakeApi(), base="mine:1")


def test_an_engine_of_another_architecture_cannot_run_what_is_packed_here():
    with pytest.raises(HostUnavailable, match="cannot be pulled"):
        ensure(FakeApi(), architecture="elsewhere")


def test_a_build_that_fails_says_where():
    with pytest.raises(HostUnavailable, match=r"python3 not found \(after: Step 1\)"):
        ensure(FakeApi(here={"broken:1"}), base="broken:1")


def test_the_same_content_under_a_new_recipe_takes_the_tag_over():
    tag = f"{image.REPOSITORY}:{'f' * image.TAG_DIGITS}"
    api = FakeApi(here={tag})
    ensure(api)
    assert api.calls[-1] == f"remove sha256:{tag}"


def test_software_of_others_is_packed_from_this_machine_whatever_base_is_here(tmp_path):
    program = tmp_path / "storekeeper"
    program.write_bytes(b"\x7fELF")
    program.chmod(0o755)
    needs = [Needed(str(program), "install it")]
    api, said = FakeApi(here={image.DEFAULT_BASE}), []
    found = image.ensure(FakeEngine(api, "here"), said.append, needs=needs)
    assert not any(call.startswith("build") for call in api.calls)
    assert "storekeeper come with it" in said[0]
    again = image.ensure(FakeEngine(api, "here"), said.append, needs=needs)
    assert (again.tag, len(said)) == (found.tag, 1)
    with pytest.raises(HostUnavailable, match="storekeeper is packed from this machine"):
        image.ensure(FakeEngine(api, "elsewhere"), said.append, needs=needs)
    with pytest.raises(HostUnavailable, match="install it"):
        missing = [Needed("/no/storekeeper", "install it")]
        image.ensure(FakeEngine(api, "here"), said.append, needs=missing)
