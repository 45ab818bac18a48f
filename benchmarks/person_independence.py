"""The ablation study: what each part of the method does for people the network has never seen.

    python benchmarks/person_independence.py [--out runs/study] [--rounds 1] [--workers 2]
    python benchmarks/person_independence.py --table --out docs/study        # the table of results that are there

Every variant trains with one budget on the same rendered people, for every fold of the people: those of the ladder with
every seed, other methods with one (`--rounds 1`: all with one, another for each fold). The epoch is chosen on other
people, and the figures are those of people that had no part in either. Results are added to `<out>/results.jsonl` as
they come, so a study that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import sys
from collections.abc import Sequence

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import joblib
import tensorflow as tf
from tqdm import tqdm

from cafer_tf.config import ConfigError, parse_change
from cafer_tf.ledger import Ledger, LedgerError
from cafer_tf.study import comparison, job, plan, plots, variants
from cafer_tf.study.population import render

EXAMPLES = """\
examples:
  python benchmarks/person_independence.py --variants supervised paper --idiosyncrasy 1 --rounds 1
  python benchmarks/person_independence.py --variants paper --set adversarial.weight=0.3 --out runs/study-0.3
  python benchmarks/person_independence.py --table --plot study.png
"""


def run_one(task: job.Job, faces: pathlib.Path, path: pathlib.Path) -> None:
    """Runs a job in a worker, on one thread, and keeps its result."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    with open(os.devnull, 'w', encoding='utf-8') as nowhere, contextlib.redirect_stdout(nowhere):
        result = job.run(task, faces)
    Ledger(path).append(result)


def run_all(jobs: Sequence[job.Job], out: pathlib.Path, workers: int) -> None:
    """Renders the people and runs the jobs that have no result yet."""
    left = plan.missing(jobs, out)
    faces = {task.idiosyncrasy: out / 'faces' / f'idiosyncrasy-{task.idiosyncrasy:g}' for task in left}
    for idiosyncrasy, directory in faces.items():
        render(left[0].population, idiosyncrasy, directory, workers)
    parallel = joblib.Parallel(n_jobs=workers, backend='loky', return_as='generator_unordered')
    tasks = (joblib.delayed(run_one)(task, faces[task.idiosyncrasy], out / plan.RESULTS) for task in left)
    with tqdm(total=len(jobs), initial=len(jobs) - len(left), unit='run', desc='study') as bar:
        for _ in parallel(tasks):
            bar.update()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='What each part of the method does for people the network has never seen.',
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--out', type=pathlib.Path, default=pathlib.Path('runs/study'), help='folder of results')
    parser.add_argument(
        '--variants', nargs='+', choices=list(variants.DESCRIPTIONS), default=list(variants.DESCRIPTIONS)
    )
    parser.add_argument('--idiosyncrasy', nargs='+', type=float, default=plan.IDIOSYNCRASIES, help='in [0, 1]')
    parser.add_argument(
        '--rounds',
        type=int,
        choices=range(1, plan.SEEDS + 1),
        help=f'seeds of each fold (default: {plan.SEEDS} for the ladder, 1 for others; with --table all there are)',
    )
    parser.add_argument('--set', nargs='+', default=[], metavar='KEY=VALUE', help='other settings, for all')
    parser.add_argument('--workers', type=int, default=joblib.cpu_count(), help='processes, a thread each')
    parser.add_argument('--table', action='store_true', help='train nothing; show the results that are there')
    parser.add_argument('--plot', type=pathlib.Path, help='draw the comparison to this picture')
    parser.add_argument('--json', action='store_true', help='end with one JSON object')
    return parser.parse_args()


def main() -> None:
    options = parse()
    try:
        rounds = options.rounds or (plan.SEEDS if options.table else None)
        jobs = plan.jobs(options.variants, options.idiosyncrasy, rounds, list(map(parse_change, options.set)))
        if not options.table:
            run_all(jobs, options.out, options.workers)
        results = plan.finished(jobs, options.out)
    except (ConfigError, LedgerError) as error:
        sys.exit(f'error: {error}')
    if not results:
        sys.exit(f'error: {options.out / plan.RESULTS} holds no result of these settings')
    found = comparison.by_variant(results)
    print(f'{len(results)} trainings\n' if options.table else f'{len(results)} of {len(jobs)} trainings\n')
    print(comparison.table(found))
    if options.plot:
        plots.plot_comparison(found, options.plot)
    if options.json:
        print(json.dumps({'jobs': len(jobs), 'results': len(results), 'comparison': comparison.to_dict(found)}))


if __name__ == '__main__':
    main()
