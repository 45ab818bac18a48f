import json
import os
import resource
import signal
import subprocess
import sys

import pytest

from cafer_tf.ledger import Ledger, LedgerError

_FIFTY = """
import sys
from cafer_tf.ledger import Ledger
for number in range(50):
    Ledger(sys.argv[1]).append({'writer': int(sys.argv[2]), 'number': number, 'text': 'x' * 5_000})
"""
_ENDLESS = """
import sys
from cafer_tf.ledger import Ledger
ledger = Ledger(sys.argv[1])
number = 0
while True:
    ledger.append({'number': number, 'text': 'x' * 20_000})
    print(number, flush=True)
    number += 1
"""


def test_results_come_back_in_order_and_the_folder_is_made(tmp_path):
    ledger = Ledger(tmp_path / 'a' / 'results.jsonl')
    assert ledger.results() == []
    ledger.append({'seed': 1, 'recall': {'1': 0.5}})
    ledger.append({'seed': 0, 'name': 'Ä\n'})
    assert Ledger(ledger.path).results() == [{'seed': 1, 'recall': {'1': 0.5}}, {'seed': 0, 'name': 'Ä\n'}]
    assert len(ledger.path.read_bytes().splitlines()) == 2


def test_a_part_of_a_last_line_is_passed_over_with_a_note_and_removed_by_the_next_result(tmp_path, caplog):
    ledger = Ledger(tmp_path / 'results.jsonl')
    ledger.append({'seed': 0})
    ledger.append({'seed': 1, 'text': 'x' * 200_000})  # longer than what is read at a time
    os.truncate(ledger.path, ledger.path.stat().st_size - 2)  # without `}` and the end of the line
    assert ledger.results() == [{'seed': 0}]
    assert 'results.jsonl:2: passed over the last line' in caplog.text
    ledger.append({'seed': 2})
    assert ledger.path.read_text() == '{"seed": 0}\n{"seed": 2}\n'


def test_a_whole_last_line_counts_although_its_end_is_missing(tmp_path):
    ledger = Ledger(tmp_path / 'results.jsonl')
    ledger.path.write_text('{"seed": 0}\n{"seed": 1}')
    assert ledger.results() == [{'seed': 0}, {'seed': 1}]
    ledger.append({'seed': 2})
    assert ledger.path.read_text() == '{"seed": 0}\n{"seed": 1}\n{"seed": 2}\n'


@pytest.mark.parametrize('line', ['{"seed": ', '[1]', '', '\udcff'])
def test_a_damaged_line_before_the_end_is_named(tmp_path, line):
    ledger = Ledger(tmp_path / 'results.jsonl')
    ledger.path.write_bytes(f'{{"seed": 0}}\n{line}\n{{"seed": 1}}\n'.encode(errors='surrogateescape'))
    with pytest.raises(LedgerError, match=r'results\.jsonl:2: not a result'):
        ledger.results()


def test_what_json_does_not_keep_leaves_the_file_as_it_was(tmp_path):
    ledger = Ledger(tmp_path / 'results.jsonl')
    ledger.append({'seed': 0})
    with pytest.raises(ValueError):
        ledger.append({'recall': float('nan')})
    with pytest.raises(TypeError):
        ledger.append({'recall': object()})
    assert ledger.path.read_text() == '{"seed": 0}\n'


def test_a_result_that_does_not_fit_leaves_the_file_as_it_was(tmp_path):
    ledger = Ledger(tmp_path / 'results.jsonl')
    ledger.append({'seed': 0})
    limits, action = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError):
            ledger.append({'text': 'x' * 200})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, action)
    assert ledger.path.read_text() == '{"seed": 0}\n'


def test_processes_that_append_at_the_same_time_lose_nothing(tmp_path):
    path = tmp_path / 'results.jsonl'
    writers = [subprocess.Popen([sys.executable, '-c', _FIFTY, path, str(writer)]) for writer in range(3)]
    assert [each.wait() for each in writers] == [0, 0, 0]
    numbers = {writer: [] for writer in range(3)}
    for result in Ledger(path).results():
        numbers[result['writer']].append(result['number'])
    assert numbers == {writer: list(range(50)) for writer in range(3)}


def test_a_killed_writer_loses_nothing_that_it_had_appended(tmp_path):
    path = tmp_path / 'results.jsonl'
    writer = subprocess.Popen([sys.executable, '-c', _ENDLESS, path], stdout=subprocess.PIPE, text=True)
    reported = [writer.stdout.readline() for _ in range(5)]
    writer.kill()
    reported += writer.stdout.read().splitlines()
    writer.wait()
    found = [result['number'] for result in Ledger(path).results()]
    # One more may have been written, but not been reported.
    assert found[: len(reported)] == list(range(len(reported))) and len(found) <= len(reported) + 1
    Ledger(path).append({'number': -1})
    assert json.loads(path.read_text().splitlines()[-1]) == {'number': -1}
