"""The lock file: complete, hashed, and free of addresses."""

import importlib.metadata
import pathlib
import re

import packaging.requirements
import packaging.utils
import pytest

ROOT = pathlib.Path(__file__).parents[2]
ENTRY = re.compile(r'^(\S+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)', flags=re.MULTILINE)


@pytest.fixture(scope='module')
def text() -> str:
    return (ROOT / 'requirements.lock').read_text(encoding='utf-8')


@pytest.fixture(scope='module')
def pins(text: str) -> dict[str, str]:
    return {name: version for name, version, _ in ENTRY.findall(text)}


def test_every_line_is_a_hashed_pin(text: str) -> None:
    assert ENTRY.sub('', text) == ''


def test_it_holds_no_address(text: str) -> None:
    assert not re.search(r'https?:|file:|://|--(extra-)?index|--find-links', text)


def test_it_satisfies_every_requirement_of_the_project(pins: dict[str, str]) -> None:
    declared = importlib.metadata.requires('cafer-tf')
    assert declared
    for line in declared:
        requirement = packaging.requirements.Requirement(line)
        assert requirement.specifier.contains(pins[packaging.utils.canonicalize_name(requirement.name)]), line


def test_it_satisfies_every_requirement_of_what_it_pins(pins: dict[str, str]) -> None:
    for name in pins:
        for line in importlib.metadata.requires(name) or []:
            requirement = packaging.requirements.Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({'extra': ''}):
                needed = packaging.utils.canonicalize_name(requirement.name)
                assert needed in pins, f'{name} needs {needed}'


def test_the_environment_is_what_it_pins(pins: dict[str, str]) -> None:
    assert {name: importlib.metadata.version(name) for name in pins} == pins
