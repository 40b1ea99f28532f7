# SPDX-License-Identifier: Apache-2.0
"""The charts are drawn from the JSON: one line for each kind of run, and every point where it belongs."""
import json
import pathlib
import subprocess
import xml.etree.ElementTree

CHARTS = pathlib.Path(__file__).resolve().parents[2] / 'bench' / 'charts'
SVG = '{http://www.w3.org/2000/svg}'


def run(what, connections, per_s, fastest_us):
    names = ('us_p50', 'us_p90', 'us_p99', 'us_p999', 'us_p9999', 'us_most')
    return {'what': what, 'connections': connections, 'per_s': per_s, **{name: fastest_us * 2 ** i for i, name in enumerate(names)}}


def draw(folder, runs):
    record = {'florin': '0.1.0', 'commit': 'abc & def', 'machine': {'processor': 'a <fast> one', 'cores': 2}, 'runs': runs}
    (folder / 'a.json').write_text(json.dumps(record))
    result = subprocess.run([str(CHARTS), str(folder / 'a.json')], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def lines(path):
    """[[(x, y), ...], ...]"""
    tree = xml.etree.ElementTree.parse(path)
    return [[tuple(map(float, point.split(','))) for point in line.get('points').split()] for line in tree.iter(f'{SVG}polyline')]


def test_rates_and_latencies_are_drawn(tmp_path):
    draw(tmp_path, [run('authorize, 256 connections', 256, 8000, 300), run('authorize, 16 connections', 16, 4000, 300),
                    run('authorize, afterwards', 256, 1, 300), run('nginx, 2 workers, 64 connections', 64, 70000, 10),
                    run('direct to the bank, 1,000 a second', 256, 1000, 80), run('and at once through the gateway', 256, 1000, 900)])
    nginx, florin = lines(tmp_path / 'a-rate.svg')
    assert len(nginx) == 1 and len(florin) == 2
    assert florin[0][0] < nginx[0][0] < florin[1][0]
    assert nginx[0][1] < florin[1][1] < florin[0][1]  # up is less
    direct, through = lines(tmp_path / 'a-latency.svg')
    assert len(direct) == len(through) == 6
    assert all(above[1] < below[1] and above[0] == below[0] for above, below in zip(through, direct))


def test_what_was_not_measured_is_said(tmp_path):
    said = draw(tmp_path, [run('authorize, 16 connections', 16, 4000, 300)])
    assert 'a-latency.svg: nothing of it was measured' in said
    assert not (tmp_path / 'a-latency.svg').exists()
