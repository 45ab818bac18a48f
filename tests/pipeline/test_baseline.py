"""The candidate is compared with the model blessed last, and never with itself."""

import pytest
from tfx.types import standard_artifacts

from pipeline.baseline import OtherBlessedModel


def make(models: list[int], blessings: list[tuple[int, int, int]], candidate: int):
    """Artifacts by number; a blessing is (number, model, verdict)."""

    def artifact(kind, number):
        made = kind()
        made.id = number
        return made

    judged = []
    for number, model, verdict in blessings:
        blessing = artifact(standard_artifacts.ModelBlessing, number)
        blessing.set_int_custom_property('current_model_id', model)
        blessing.set_int_custom_property('blessed', verdict)
        judged.append(blessing)
    return {
        'candidate': [artifact(standard_artifacts.Model, candidate)],
        'model': [artifact(standard_artifacts.Model, number) for number in models],
        'model_blessing': judged,
    }


@pytest.mark.parametrize(
    ('models', 'blessings', 'candidate', 'expected'),
    [
        pytest.param([1], [], 1, None, id='the first model has nothing before it'),
        pytest.param([1], [(2, 1, 1)], 1, None, id='an unchanged run is not compared with itself'),
        pytest.param([1, 3], [(2, 1, 1)], 3, 1, id='a new model is compared with the one before'),
        pytest.param([1, 3], [(2, 1, 1), (4, 3, 1)], 3, 1, id='and still is when it runs again'),
        pytest.param([1, 3, 5], [(2, 1, 1), (4, 3, 0)], 5, 1, id='a model that failed the gate does not count'),
        pytest.param([1, 3, 5], [(2, 1, 1), (4, 3, 1)], 5, 3, id='the last of several'),
        pytest.param([1, 3], [(2, 1, 1), (4, 3, 1)], 1, 3, id='back to the first model'),
        pytest.param([1, 3, 6], [(2, 1, 1), (4, 3, 1), (5, 1, 1)], 6, 1, id='last is the blessing, not the training'),
        pytest.param([3], [(2, 1, 1)], 3, None, id='a model that is gone'),
    ],
)
def test_resolves(models, blessings, candidate, expected):
    resolved = OtherBlessedModel().resolve_artifacts(None, make(models, blessings, candidate))
    assert [model.id for model in resolved['model']] == ([] if expected is None else [expected])
    assert [b.get_int_custom_property('current_model_id') for b in resolved['model_blessing']] == (
        [] if expected is None else [expected]
    )
