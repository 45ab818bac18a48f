"""The notebooks as they lie in the checkout; pytest runs them by nbmake."""

import ast
import json
import pathlib
import re

import pytest

CHECKOUT = pathlib.Path(__file__).parent.parent
NOTEBOOKS = sorted((CHECKOUT / 'notebooks').glob('*.ipynb'))
DOCUMENTATION = CHECKOUT / 'docs' / 'notebooks.md'
METADATA = {
    'kernelspec': {'display_name': 'Python 3', 'language': 'python', 'name': 'python3'},
    'language_info': {'name': 'python'},
}

pytestmark = pytest.mark.skipif(not DOCUMENTATION.exists(), reason='notebooks belong to the checkout, not to the wheel')
every_notebook = pytest.mark.parametrize('path', NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return json.loads(path.read_text(encoding='utf-8'))


@every_notebook
def test_is_stripped(path):
    notebook = read(path)
    assert notebook['metadata'] == METADATA
    assert (notebook['nbformat'], notebook['nbformat_minor']) == (4, 5)
    for place, cell in enumerate(notebook['cells']):
        kept = {name: value for name, value in cell.items() if name != 'source'}
        code = {'outputs': [], 'execution_count': None} if cell['cell_type'] == 'code' else {}
        assert kept == {'cell_type': cell['cell_type'], 'id': f'cell-{place}', 'metadata': {}, **code}


@every_notebook
def test_first_says_what_it_shows_and_how_long_it_takes(path):
    first = read(path)['cells'][0]
    text = ''.join(first['source'])
    assert first['cell_type'] == 'markdown'
    assert text.startswith('# ')
    assert re.search(r'minutes? on two processor cores', text)


@every_notebook
def test_defines_nothing(path):
    """What a notebook needs is in the library, where it is tested and can be imported."""
    cells = [''.join(cell['source']) for cell in read(path)['cells'] if cell['cell_type'] == 'code']
    code = '\n'.join(re.sub('^%.*$', '', cell, flags=re.MULTILINE) for cell in cells)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    defined = [node.name for node in ast.walk(ast.parse(code)) if isinstance(node, kinds)]
    assert defined == []
    assert max(map(len, code.splitlines())) <= 120


@pytest.mark.parametrize(
    'path', [*NOTEBOOKS, CHECKOUT / 'docs' / 'tutorial.md', CHECKOUT / 'README.md'], ids=lambda path: path.stem
)
def test_models_are_compiled_with_their_schedule(path):
    """The configured rate decays by epochs, and is constant where nobody says how long they are."""
    calls = re.findall(r'model\.compile\(([^)]*)\)', path.read_text(encoding='utf-8'))
    assert all('steps_per_epoch=' in arguments for arguments in calls)


def test_documentation_names_every_notebook():
    named = re.findall(r'^\| `(\w+)\.ipynb` \|', DOCUMENTATION.read_text(encoding='utf-8'), re.MULTILINE)
    assert sorted(named) == [path.stem for path in NOTEBOOKS]
