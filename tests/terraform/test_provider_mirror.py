"""Where providers come from, and which mirrors are not to be trusted."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tfproof.errors import EnvironmentProblem, UsageError
from tfproof.terraform import provider_mirror
from tfproof.terraform.provider_mirror import VARIABLE, ProviderSource, find_provider_source

REGISTRY = "registry.terraform.io"
BINARY = f"{REGISTRY}/hashicorp/aws/5.100.0/linux_amd64/terraform-provider-aws_v5.100.0_x5"


def make_mirror(folder: Path, *files: str) -> Path:
    for name in files or (BINARY,):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    return folder


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    return make_mirror(tmp_path / "mirror")


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No mirror of this machine, and a registry that does not answer."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(provider_mirror, "_SOFTWARE_FOLDERS", (str(tmp_path / "software"),))
    monkeypatch.setattr(provider_mirror, "_registry_answers", lambda: False)


def test_a_mirror_that_is_named_is_used(mirror: Path) -> None:
    source = find_provider_source(mirror)

    assert source == ProviderSource(mirror.resolve(), "named by --provider-mirror")
    assert str(source) == f"mirror {mirror} (named by --provider-mirror)"


def test_the_environment_names_one_and_the_option_wins(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_mirror(tmp_path / "other")
    monkeypatch.setenv(VARIABLE, str(other))

    assert find_provider_source() == ProviderSource(other, f"named by {VARIABLE}")
    assert find_provider_source(str(mirror)).mirror == mirror

    monkeypatch.setenv(VARIABLE, "")
    assert find_provider_source().mirror is None


def test_a_home_is_expanded(tmp_path: Path) -> None:
    make_mirror(tmp_path / "home" / "m")

    assert find_provider_source("~/m").mirror == tmp_path / "home" / "m"


@pytest.mark.parametrize("by", ["--provider-mirror", VARIABLE])
def test_what_is_no_folder_or_no_mirror_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    def found(folder: Path) -> ProviderSource:
        if by == VARIABLE:
            monkeypatch.setenv(VARIABLE, str(folder))
            return find_provider_source()
        return find_provider_source(folder)

    with pytest.raises(UsageError, match=rf"{by}='.*missing' is not a folder"):
        found(tmp_path / "missing")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UsageError, match="is not a folder"):
        found(tmp_path / "file")
    for layout in ("empty/x", "hashicorp/aws/5.100.0/linux_amd64/p", "registry.opentofu.org/hashicorp/aws/1/l/p"):
        folder = make_mirror(tmp_path / layout.partition("/")[0], layout)
        with pytest.raises(UsageError, match="has not the layout of a provider mirror") as caught:
            found(folder)
        assert f"{REGISTRY}/NAMESPACE/TYPE/VERSION/OS_ARCH/" in caught.value.remedy


def test_packed_mirrors_are_mirrors_too(tmp_path: Path) -> None:
    packed = make_mirror(
        tmp_path / "packed", f"{REGISTRY}/hashicorp/aws/terraform-provider-aws_5.100.0_linux_amd64.zip"
    )

    assert find_provider_source(packed).mirror == packed


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777], ids=oct)
@pytest.mark.parametrize(
    "part",
    ["", REGISTRY, f"{REGISTRY}/hashicorp", f"{REGISTRY}/hashicorp/aws", f"{REGISTRY}/hashicorp/aws/5.100.0", BINARY],
)
def test_a_mirror_that_others_can_write_is_refused_whatever_the_part(mirror: Path, part: str, mode: int) -> None:
    (mirror / part).chmod(mode)

    with pytest.raises(EnvironmentProblem, match="can be written by others") as caught:
        find_provider_source(mirror)
    assert str(mirror / part) in str(caught.value)
    assert caught.value.remedy.startswith(f"chmod go-w {mirror / part}")


def test_links_are_followed_to_what_others_could_write(mirror: Path, tmp_path: Path) -> None:
    elsewhere = make_mirror(tmp_path / "elsewhere", "6.0.0/linux_amd64/p")
    (mirror / REGISTRY / "hashicorp/aws/6.0.0").symlink_to(elsewhere / "6.0.0")
    assert find_provider_source(mirror).mirror == mirror

    (elsewhere / "6.0.0/linux_amd64").chmod(0o777)
    with pytest.raises(EnvironmentProblem, match=re.escape(str(elsewhere / "6.0.0/linux_amd64"))):
        find_provider_source(mirror)


def test_a_mirror_that_is_itself_a_link_is_looked_at_where_it_leads(mirror: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(mirror)
    assert find_provider_source(link).mirror == mirror

    mirror.chmod(0o777)
    with pytest.raises(EnvironmentProblem, match="can be written by others"):
        find_provider_source(link)


def test_links_that_lead_nowhere_or_in_a_circle_are_survived(mirror: Path) -> None:
    (mirror / REGISTRY / "hashicorp/gone").symlink_to(mirror / "nowhere")
    (mirror / REGISTRY / "hashicorp/circle").symlink_to(mirror / REGISTRY)

    assert find_provider_source(mirror).mirror == mirror


def test_what_lies_beside_the_registrys_providers_does_not_matter(mirror: Path) -> None:
    (mirror / "notes").mkdir()
    (mirror / "notes").chmod(0o777)

    assert find_provider_source(mirror).mirror == mirror


def test_terraforms_implied_mirrors_come_before_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_mirror, "_registry_answers", lambda: True)
    implied = make_mirror(tmp_path / "data/terraform/plugins")
    assert find_provider_source() == ProviderSource(implied, "one of Terraform's implied mirrors")

    own = make_mirror(tmp_path / "home/.terraform.d/plugins")
    assert find_provider_source().mirror == own

    own.chmod(0o777)
    assert find_provider_source().mirror == implied


def test_a_folder_of_the_systems_software_is_used_only_when_the_registry_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = make_mirror(tmp_path / "software" / "mirror")
    assert find_provider_source() == ProviderSource(found, f"found; {REGISTRY} cannot be reached")

    monkeypatch.setattr(provider_mirror, "_registry_answers", lambda: True)
    assert str(find_provider_source()) == f"{REGISTRY} (it answers)"


def test_a_found_folder_that_others_could_write_or_own_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_mirror(tmp_path / "software" / "a")
    second = make_mirror(tmp_path / "software" / "b")
    (first / REGISTRY).chmod(0o777)
    assert find_provider_source().mirror == second

    if os.getuid() == 0:
        os.chown(second / BINARY, 54321, -1)
    else:
        monkeypatch.setattr(os, "getuid", lambda: 54321)
    assert find_provider_source().mirror is None
    (second / BINARY).chmod(0o666)
    assert str(find_provider_source()) == f"{REGISTRY} (it does not answer, and no mirror was found)"


def test_what_a_mirror_has_comes_from_it_and_the_rest_from_the_registry(mirror: Path, tmp_path: Path) -> None:
    make_mirror(mirror, f"{REGISTRY}/hashicorp/random/3.0.0/linux_amd64/p", f"{REGISTRY}/acme/x/1/l/p")

    path = find_provider_source(mirror).write_cli_config(tmp_path)

    listed = f'["{REGISTRY}/acme/x", "{REGISTRY}/hashicorp/aws", "{REGISTRY}/hashicorp/random"]'
    assert path.read_text(encoding="utf-8") == (
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path    = "{mirror}"\n    include = {listed}\n  }}\n'
        f"  direct {{\n    exclude = {listed}\n  }}\n"
        "}\n"
    )


def test_a_folder_with_quotes_and_spaces_is_written_as_terraform_reads_it(tmp_path: Path) -> None:
    odd = make_mirror(tmp_path / 'a "b" c')

    assert '"' + str(odd).replace('"', '\\"') + '"' in ProviderSource(odd, "x").write_cli_config(tmp_path).read_text(
        encoding="utf-8"
    )


def test_without_a_mirror_downloads_are_kept_outside_the_run(tmp_path: Path) -> None:
    text = ProviderSource(None, "it answers").write_cli_config(tmp_path).read_text(encoding="utf-8")

    assert text == f'plugin_cache_dir = "{tmp_path}/cache/tfproof/providers"\n'
    assert (tmp_path / "cache/tfproof/providers").is_dir()
