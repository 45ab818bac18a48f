"""The documentation builds without a warning, loads nothing from elsewhere, and says what the code says."""

import ast
import dataclasses
import html.parser
import importlib
import inspect
import itertools
import os
import pathlib
import re
import shlex
import subprocess
import sys
import types
import zlib

import click
import pytest

from cafer_tf import cli
from cafer_tf.cli.benchmark import benchmark
from cafer_tf.cli.run import run
from cafer_tf.comparison_table import ROWS
from cafer_tf.config import Config, parse_change
from cafer_tf.metric_learning import RECIPES

ROOT = pathlib.Path(__file__).parent.parent
DOCS = ROOT / 'docs'
PAGES = sorted(DOCS.rglob('*.md'))
TEXTS = [ROOT / 'README.md', *PAGES]
NOT_PUBLIC = {'cafer_tf.cli', 'cafer_tf.study'}
"""Packages that nobody is meant to import."""
WHOLE_PHOTOGRAPHS = {'affectnet_csv', 'afew_va'}
"""Layouts whose images are no faces until they are cropped."""
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


@pytest.fixture(scope='module')
def documented(site):
    """The names that the reference describes."""
    inventory = (site / 'objects.inv').read_bytes().split(b'\n', 4)[4]
    return {line.split()[0] for line in zlib.decompress(inventory).decode().splitlines()}


def test_every_public_name_is_in_the_reference(documented):
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


def test_what_snippets_import_is_in_the_reference(documented):
    missing = []
    for place, snippet in blocks('python'):
        for module, name in imported(snippet):
            value = resolved(module, name)
            names = {f'{module}.{name}', f'{getattr(value, "__module__", "")}.{getattr(value, "__qualname__", "")}'}
            missing += [(place, module, name)] * (not names & documented)
    assert missing == []


def imported(snippet):
    """What a snippet imports from this package: modules and names."""
    for node in ast.walk(ast.parse(snippet)):
        if isinstance(node, ast.ImportFrom) and node.module.split('.')[0] == 'cafer_tf':
            yield from ((node.module, name.name) for name in node.names)


def resolved(module, name):
    found = importlib.import_module(module)
    return getattr(found, name) if hasattr(found, name) else importlib.import_module(f'{module}.{name}')


def test_snippets_use_what_is_there():
    snippets = list(blocks('python'))
    assert len(snippets) > 15
    for place, snippet in snippets:
        scope = {name: resolved(module, name) for module, name in imported(snippet)}
        scope |= {'cafer_tf': importlib.import_module('cafer_tf')}
        for node in ast.walk(ast.parse(snippet, place)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                owner = scope.get(node.value.id)
                assert not isinstance(owner, types.ModuleType) or hasattr(owner, node.attr), f'{place}: {node.attr}'


def test_snippets_for_keras_run():
    snippets = [(place, snippet) for place, snippet in blocks('python') if 'keras.md' in place]
    assert len(snippets) > 5
    for place, snippet in snippets:
        exec(compile(snippet, place, 'exec'), {})


def blocks(kind):
    """Each block of a kind in the pages, with where it stands."""
    for page in TEXTS:
        text = page.read_text(encoding='utf-8')
        for block in re.finditer(rf'^```{kind}\n(.*?)^```$', text, re.DOTALL | re.MULTILINE):
            yield f'{page.relative_to(ROOT)}:{text.count(chr(10), 0, block.start()) + 1}', block[1]


def test_quoted_messages_are_in_the_code():
    """What differs from one message to another is `…` in the pages, and a placeholder in the code."""
    sources = [path for folder in ('cafer_tf', 'pipeline', 'scripts') for path in (ROOT / folder).rglob('*.py')]
    nodes = [node for path in sources for node in ast.walk(ast.parse(path.read_text(encoding='utf-8')))]
    messages = [' '.join(text.split()) for text in map(message, nodes) if text]
    quoted = [(place, line) for place, text in blocks('text') for line in text.splitlines()]
    assert len(quoted) > 15
    missing = []
    for place, line in quoted:
        pieces = re.compile('.*'.join(re.escape(piece.strip()) for piece in line.split('…')))
        missing += [(place, line)] * (not any(map(pieces.search, messages)))
    assert missing == []


def test_files_of_the_project_that_pages_name_are_there():
    own = re.compile(r'(?<![\w/.-])(?:cafer_tf|pipeline|benchmarks|scripts)/[\w/.]*\b')
    named = [(page.name, path) for page in TEXTS for path in own.findall(page.read_text(encoding='utf-8'))]
    assert len(named) > 15
    assert [(page, path) for page, path in named if not (ROOT / path).exists()] == []


def test_the_method_names_what_is_there():
    """Its paths are relative to the package, or to the checkout; names that follow one are of that file."""
    page = (DOCS / 'method.md').read_text(encoding='utf-8')
    places = re.findall(r'`([\w/]+\.py)`((?: `[\w.]+`(?:, `[\w.]+`)*)?)', page)
    assert len(places) > 50
    for path, names in places:
        file = next(folder / path for folder in (ROOT / 'cafer_tf', ROOT) if (folder / path).exists())
        nodes = ast.walk(ast.parse(file.read_text(encoding='utf-8')))
        defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        assert set(re.findall(r'\w+', names)) <= defined, path


def test_the_method_has_every_choice_in_one_table():
    page = (DOCS / 'method.md').read_text(encoding='utf-8')
    table = page.partition('## All choices in one table')[2].partition('\n## ')[0]
    keys, named = Config().flat(), set()
    for cell in re.findall(r'^\| [^|]* \| (.*?) \| ', table, re.MULTILINE):
        part = ''
        for name in re.findall(r'`([\w.]+)', cell):
            part, _, key = name.rpartition('.') if '.' in name else (part, '', name)
            assert '.' not in name or name in keys, name
            named |= {f'{part}.{key}'} & keys.keys()
    assert named == keys.keys()


def test_the_reference_says_what_every_key_means():
    described = []
    for part in dataclasses.fields(Config):
        text = inspect.getdoc(type(getattr(Config(), part.name)))
        names = re.findall(r'^    (\w+(?:, \w+)*): ', text.partition('Attributes:')[2], re.MULTILINE)
        described += [f'{part.name}.{name}' for entry in names for name in entry.split(', ')]
    assert sorted(described) == sorted(Config().flat())


def message(node):
    """The text of a string, or of an f-string without what is put into it."""
    if isinstance(node, ast.JoinedStr):
        return ''.join(part.value if isinstance(part, ast.Constant) else '…' for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ''


def test_commands_and_settings_exist():
    calls = [(place, words[1:]) for place, text in blocks('sh') for words in commands_in(text) if is_cafer(words[0])]
    assert len(calls) > 60
    for place, words in calls:
        command = cli.main
        while isinstance(command, click.Group) and words and words[0] in command.commands:
            command, words = command.commands[words[0]], words[1:]
        assert not isinstance(command, click.Group) or words[0].startswith('-'), f'{place}: {words}'
        try:
            given = options_of(command, words)
            check_settings(command, given)
        except (click.UsageError, ValueError) as error:
            pytest.fail(f'{place}: {words}: {error}')


def options_of(command, words):
    """The options of a call; their values are checked, but for files, which are not there."""
    context = click.Context(command)
    given, _, _ = command.make_parser(context).parse_args(list(words))
    for parameter in command.params:
        if parameter.name in given and not isinstance(parameter.type, click.Path):
            given[parameter.name] = parameter.type_cast_value(context, given[parameter.name])
    return given


def check_settings(command, given):
    if command is benchmark.commands['metric-learning']:
        RECIPES[given['dataset']].with_changes(given.get('changes', ()))
    elif command is benchmark.commands['table']:
        for text in given.get('changes', ()):
            row, change = re.fullmatch(r'(?:(\w+):)?(.+)', text).groups()
            if row not in (None, *ROWS):
                raise ValueError(f'{row} is no row')
            Config().with_changes([parse_change(change)])
    elif command is run:
        config = Config.from_preset(*given.get('preset', ())).with_changes(map(parse_change, given.get('changes', ())))
        if given.get('dataset') in WHOLE_PHOTOGRAPHS and config.faces.source == 'as_is':
            raise ValueError('whole photographs would be taken for faces: set faces.source')


def commands_in(text):
    """The words of each command of a block, without its variables and its comment."""
    lines = text.replace('\\\n', ' ').replace('\n', '\n; ')  # a comment ends with its line, and so does a command
    lexer = shlex.shlex(lines, posix=True, punctuation_chars=';|&')
    lexer.whitespace_split = True
    for ends, words in itertools.groupby(lexer, key=lambda word: set(word) <= set(';|&')):
        words = list(itertools.dropwhile(lambda word: word == 'do' or '=' in word, words))
        if words and not ends:
            yield words


def is_cafer(word):
    return word in ('cafer', '.venv/bin/cafer')


def test_settings_in_sentences_exist():
    texts = [(page.name, page.read_text(encoding='utf-8')) for page in TEXTS]
    settings = [
        (page, setting) for page, text in texts for setting in re.findall(r'`(?:--set )?(\w+\.\w+=[^`\s…]+)`', text)
    ]
    assert len(settings) > 30
    for page, setting in settings:
        try:
            if setting.split('=')[0] not in Config().flat():
                RECIPES['omniglot'].with_changes([setting])
            else:  # sources of crops want a size
                Config().with_changes([('faces.size', 96), parse_change(setting)])
        except ValueError as error:
            pytest.fail(f'{page}: {setting}: {error}')


def test_variables_of_the_pipeline_are_those_that_it_reads():
    read = re.findall(r"\bread\('(\w+)'", (ROOT / 'pipeline' / 'configs.py').read_text(encoding='utf-8'))
    page = (DOCS / 'howto' / 'pipeline.md').read_text(encoding='utf-8')
    rows = re.findall(r'^\| (`CAFER_.*?) \| (.*?) ?\|', page, re.MULTILINE)
    assert sorted(re.findall('CAFER_\\w+', ' '.join(name for name, _ in rows))) == sorted(
        f'CAFER_{name}' for name in read
    )
    options = {option for _, cell in rows for option in re.findall(r'--[\w-]+', cell)}
    assert options == {option for parameter in run.params for option in parameter.opts} - {'--set'}
