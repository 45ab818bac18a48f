"""The documentation builds without a warning, loads nothing from elsewhere, and says what the code says."""

import ast
import html.parser
import itertools
import os
import pathlib
import re
import subprocess
import sys
import zlib

import click
import pytest

from cafer_tf import cli
from cafer_tf.config import Config, parse_change

ROOT = pathlib.Path(__file__).parent.parent
DOCS = ROOT / 'docs'
PAGES = sorted(path for path in DOCS.rglob('*.md'))
NOT_PUBLIC = {'cafer_tf.cli', 'cafer_tf.study'}
"""Packages that nobody is meant to import."""
LOADED = {'href': {'link'}, 'src': {'script', 'img', 'iframe', 'source', 'video', 'audio', 'embed'}, 'data': {'object'}}

pytestmark = pytest.mark.skipif(not DOCS.exists(), reason='the documentation belongs to the checkout, not to the wheel')


@pytest.fixture(scope='module')
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp('site')
    command = [sys.executable, '-m', 'mkdocs', 'build', '--strict', '--config-file', ROOT / 'mkdocs.yml']
    environment = {**os.environ, 'NO_MKDOCS_2_WARNING': '1'}
    done = subprocess.run(
        [*command, '--site-dir', folder], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


class Addresses(html.parser.HTMLParser):
    """What a page makes a browser load."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if tag in LOADED.get(name, ())]


def test_nothing_is_loaded_from_another_host(site):
    pages, styles = sorted(site.rglob('*.html')), sorted(site.rglob('*.css'))
    assert len(pages) > len(PAGES) and styles
    loaded = {page: Addresses(page.read_text(encoding='utf-8')).found for page in pages}
    loaded |= {style: re.findall(r'(?:url\(|@import\s)\s*["\']?([^"\')]+)', style.read_text()) for style in styles}
    assert all(loaded[page] for page in pages)
    assert [
        (str(path), address) for path in loaded for address in loaded[path] if re.match(r'(\w+:)?//', address)
    ] == []


def test_only_what_is_meant_for_readers_is_published(site):
    assert (site / 'images' / 'predictions.png').exists()
    assert not (site / 'study').exists()
    assert not (site / 'hooks').exists()


def test_equations_are_pictures(site):
    page = (site / 'method.html').read_text(encoding='utf-8')
    equations = (DOCS / 'method.md').read_text(encoding='utf-8').count('```math')
    assert page.count('<p class="equation"><svg') == equations > 0


def test_every_public_name_is_in_the_reference(site):
    inventory = (site / 'objects.inv').read_bytes().split(b'\n', 4)[4]
    documented = {line.split()[0] for line in zlib.decompress(inventory).decode().splitlines()}
    missing = []
    for path in sorted((ROOT / 'cafer_tf').glob('*/__init__.py')):
        package = f'cafer_tf.{path.parent.name}'
        if package not in NOT_PUBLIC:
            missing += [name for name in public_names(path, package) if name not in documented]
    assert missing == []


def public_names(path, package):
    for node in ast.parse(path.read_text(encoding='utf-8')).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], 'id', '') == '__all__':
            yield from (f'{package}.{name}' for name in ast.literal_eval(node.value))


def blocks(kind):
    """Each block of a kind in the pages, with where it stands."""
    for page in PAGES:
        text = page.read_text(encoding='utf-8')
        for block in re.finditer(rf'^```{kind}\n(.*?)^```$', text, re.DOTALL | re.MULTILINE):
            yield f'{page.relative_to(ROOT)}:{text.count(chr(10), 0, block.start()) + 1}', block[1]


def test_quoted_messages_are_in_the_code():
    """What differs from one message to another is `…` in the pages, and a placeholder in the code."""
    sources = [path for folder in ('cafer_tf', 'pipeline', 'scripts') for path in (ROOT / folder).rglob('*.py')]
    trees = (ast.parse(path.read_text(encoding='utf-8')) for path in sources)
    texts = [
        ' '.join(node.value.split())
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    quoted = [
        (place, part.strip()) for place, text in blocks('text') for part in text.split('…') if part.strip(' \n.,;')
    ]
    assert len(quoted) > 20
    assert [(place, part) for place, part in quoted if not any(part in text for text in texts)] == []


def test_commands_and_settings_exist():
    lines = [(place, line) for place, text in blocks('sh') for line in text.replace('\\\n', ' ').splitlines()]
    calls = [(place, words[1:]) for place, line in lines for words in commands_in(line) if is_cafer(words[0])]
    assert len(calls) > 40
    for place, words in calls:
        command = cli.main
        while isinstance(command, click.Group) and words and words[0] in command.commands:
            command, words = command.commands[words[0]], words[1:]
        assert not isinstance(command, click.Group) or words[0].startswith('-'), f'{place}: {words}'
        known = {option for parameter in command.params for option in parameter.opts} | {'--help', '--version'}
        assert {word.split('=')[0] for word in words if word.startswith('--')} <= known, f'{place}: {words}'
        if command.name == 'run':
            changes = [
                word for word, before in zip(words[1:], words, strict=False) if before == '--set' and '=' in word
            ]
            Config().with_changes([('faces.size', 96), *map(parse_change, changes)])


def commands_in(line):
    """The words of each command of a line, without its variables and its comment."""
    for command in re.split(r'\s#|;', line):
        words = list(itertools.dropwhile(lambda word: word == 'do' or '=' in word, command.split()))
        if words:
            yield words


def is_cafer(word):
    return word in ('cafer', '.venv/bin/cafer')


def test_snippets_are_python():
    snippets = list(blocks('python'))
    assert len(snippets) > 15
    for place, snippet in snippets:
        compile(snippet, place, 'exec')
