"""Runs the pipeline on this machine: `tfx run create --pipeline pipeline/`, or `python pipeline/local_runner.py`."""

from __future__ import annotations

import importlib
import pathlib
import sys
import traceback

if __name__ == '__main__':
    # The stock command runs this file by its path. Python then looks for modules in this folder first, where
    # `pipeline.py` hides the package of that name.
    sys.path[0] = str(pathlib.Path(__file__).resolve().parent.parent)
    from pipeline import console

    with console.hush():
        importlib.import_module('pipeline.pipeline')

from cafer_tf import features, synthesis
from cafer_tf.exclusive import FolderInUseError, exclusive
from cafer_tf.metrics.statistic import FIGURES
from pipeline import console, report, results
from pipeline.configs import Settings, from_environment
from pipeline.errors import EXPECTED, RunError
from pipeline.options import spelled
from pipeline.pipeline import create_pipeline
from pipeline.stages import Outputs, StagedRunner


def run(settings: Settings) -> results.Result | None:
    """Runs the pipeline.

    Args:
        settings: of the run.

    Returns:
        What came of it; None where the `tfx` command only registers the pipeline and nothing ran.

    Raises:
        RunError, DataError, GroupingError: the run stopped for a reason that the message states.
    """
    try:
        with console.quiet(settings.out / 'logs') as log, exclusive(settings.out):
            try:
                result = _run(settings, log)
            except EXPECTED:
                raise
            except Exception as error:
                with log.open('a', encoding='utf-8') as stream:
                    traceback.print_exc(file=stream)
                raise RunError(
                    f'unexpected {type(error).__name__}: {str(error)[:500]}\nThe whole story is in {log}'
                ) from error
    except FolderInUseError as error:
        raise RunError(f'{error}: {spelled("OUT")}.') from None
    except OSError as error:  # of the log and the lock, for what happens between them is told above
        raise RunError(
            f'{settings.out} cannot be written to ({error.strerror}). Set {spelled("OUT")} to another folder.'
        ) from error
    if result is not None:
        console.say(describe(result, settings))
    return result


def _run(settings: Settings, log: pathlib.Path) -> results.Result | None:
    def inspect(node_id: str, outputs: Outputs) -> None:
        if node_id == results.EXAMPLE_GEN and node_id in runner.cached:
            quarantined = results.check_quarantine(outputs, settings)
            if quarantined:
                console.note(quarantined)
        if node_id == results.VALIDATOR:
            results.show_statistics(outputs, settings)
        if node_id == results.EVALUATOR:
            results.check_gate(outputs, settings, results.subjects_known(runner.outputs))

    runner = StagedRunner(prepare=lambda: write_faces(settings), inspect=inspect, log=log)
    runner.run(create_pipeline(settings))
    return results.publish(runner.outputs, settings, runner.cached) if runner.outputs else None


def describe(result: results.Result, settings: Settings) -> str:
    """The last lines that a user sees."""
    metrics = result.metrics
    heading = results.judged_on(metrics) + ('' if metrics['subjects'] is None else ' the model has never seen')
    lines = ['', f'{heading}:']
    for output in features.OUTPUTS:
        figures = (f'{name.upper()} {metrics[output][name]:.3f}' for name in FIGURES)
        lines.append(f'    {output}: {", ".join(figures)}')
    lines += [
        f'statistics: {settings.statistics}',
        f'figures: {settings.metrics}',
        f'model: {result.model} ({"pushed" if result.pushed else "served already"})',
    ]
    return '\n'.join(lines)


def write_faces(settings: Settings) -> None:
    """Renders the embedded data set where no other is named; a complete one is kept.

    Raises:
        RunError: the folder holds something else, or the numbers do not do.
    """
    if settings.root is not None:
        return
    console.say(f'no data set named by {spelled("ROOT")}: rendered faces, {settings.faces}')
    try:
        synthesis.write_face_set(settings.faces, settings.face_set, progress=sys.stderr.isatty())
    except (ValueError, FileExistsError) as error:
        raise RunError(str(error)) from error


def main() -> int:
    """The program: runs what the environment says; returns the exit status."""
    try:
        settings = from_environment()
        result = run(settings)
        if result is not None:
            console.say(f'report: {report.keep_current(settings.out, result.model.name).report}')
    except EXPECTED as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('interrupted; the same command continues', file=sys.stderr)
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
