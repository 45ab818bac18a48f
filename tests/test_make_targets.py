"""The targets of the Makefile, and what is said of them."""

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[1]
MAKEFILE = (ROOT / 'Makefile').read_text(encoding='utf-8')


def test_the_reference_names_every_target():
    (phony,) = re.findall(r'^\.PHONY: (.*)$', MAKEFILE, re.MULTILINE)
    page = (ROOT / 'docs' / 'reference' / 'commands.md').read_text(encoding='utf-8')
    (sentence,) = re.findall(r'^The targets are ([^.]*)\.', page, re.MULTILINE)
    assert sorted(re.findall('`([^`]+)`', sentence)) == sorted(set(phony.split()) - {'help'})


def test_every_target_says_what_it_does():
    (phony,) = re.findall(r'^\.PHONY: (.*)$', MAKEFILE, re.MULTILINE)
    assert sorted(re.findall(r'^([a-z]+):.*## \S', MAKEFILE, re.MULTILINE)) == sorted(phony.split())


def test_arguments_that_may_be_given_are_declared():
    used = set(re.findall(r'\$\((\w+_ARGS)\)', MAKEFILE))
    assert used == set(re.findall(r'^(\w+_ARGS) \?=$', MAKEFILE, re.MULTILINE))
