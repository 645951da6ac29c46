"""The wheel in a bare virtual environment, away from the checkout: all that the product needs is inside it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    """A command's output; fails with what it said."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PXESERVE", "VIRTUAL_ENV"))}
    done = subprocess.run([str(one) for one in command], cwd=cwd, env=clean, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet")
    run(*pip, "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, CHECKOUT, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel alone in it. Its dependencies are read from where these tests have theirs: folders named
    in a .pth file, whose own .pth files (the checkout's editable install is one) Python does not follow."""
    folder = tmp_path_factory.mktemp("bare")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, "install", "--quiet")
    run(*pip, "--no-deps", "--no-index", wheel, cwd=folder)
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip())
    places = [path for path in sys.path if path.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(places) + "\n")
    return python


def test_the_wheel_holds_answerfiles_and_web(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("answerfiles", "web"):
        files = {path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / folder).rglob("*") if path.is_file()}
        assert files
        assert {f"pxeserve/_data/{name}" for name in files} <= names


def test_the_wheel_holds_the_migrations_and_no_test(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.startswith("pxeserve/store/migrations/site/versions/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "bin/", ".cache/")) or "__pycache__" in name]


def test_it_starts_away_from_the_checkout(bare: Path, tmp_path: Path) -> None:
    assert str(CHECKOUT) not in run(bare, "-c", "import pxeserve; print(pxeserve.__file__)", cwd=tmp_path)
    assert "pxeserve" in run(bare.parent / "pxeserve", "--version", cwd=tmp_path)


@pytest.mark.parametrize("name", ["answerfiles", "web"])
def test_its_folders_are_its_own(bare: Path, tmp_path: Path, name: str) -> None:
    found = Path(run(bare, "-c", f"from pxeserve import resources; print(resources.folder({name!r}))", cwd=tmp_path).strip())
    assert found.is_dir()
    assert CHECKOUT not in found.parents


@pytest.mark.skipif(not Path("/usr/lib/PXELINUX/pxelinux.0").exists(), reason="pxelinux is not installed")
def test_it_writes_an_answerfile_with_nothing_but_what_it_brought(bare: Path, tmp_path: Path) -> None:
    config = tmp_path / "pxeserve.toml"
    config.write_text(f'[server]\ndata = "{tmp_path}/data"\ninterface = "lo"\naddress = "127.0.0.1"\nuser = "root"\n')
    profile = ("primary-disk=sda", "timezone=Europe/London", "admin-interface.name=eth0", "admin-interface.proto=dhcp")

    def pxeserve(*words: str | Path) -> str:
        return run(bare.parent / "pxeserve", *words, "--config", config, cwd=tmp_path)

    pxeserve("loaders", "import")
    pxeserve("media", "sample", tmp_path / "sample")
    pxeserve("media", "import", tmp_path / "sample", "--name", "sample")
    pxeserve("profile", "add", "rack", "--medium", "sample", *(word for setting in profile for word in ("--set", setting)))
    pxeserve("host", "add", "--mac", "52:54:00:77:00:01", "--name", "xen01", "--profile", "rack")
    rendered = pxeserve("answerfile", "render", "xen01")
    assert "<primary-disk>sda</primary-disk>" in rendered
    assert "<root-password>********</root-password>" in rendered
    assert "xen01 is armed" in pxeserve("host", "install", "xen01")
