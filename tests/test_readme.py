import pathlib
import re

import pytest

from cafer_tf import synthesis

README = pathlib.Path(__file__).parent.parent / 'README.md'


@pytest.mark.skipif(not README.exists(), reason='the README belongs to the checkout, not to the wheel')
def test_the_notebook_snippet_runs(tmp_path, monkeypatch, capsys):
    (snippet,) = re.findall(r'```python\n(.*?)```', README.read_text(encoding='utf-8'), re.DOTALL)
    assert 'epochs=25' in snippet
    monkeypatch.chdir(tmp_path)
    synthesis.write_face_set('faces', synthesis.FaceSet(people=8, images_per_person=16), workers=1, progress=False)
    scope = {}
    exec(snippet.replace('epochs=25', 'epochs=1'), scope)
    assert scope['valence'].shape == scope['arousal'].shape
    assert len(scope['valence']) > 0
    assert (tmp_path / 'model.keras').exists()
