# SPDX-License-Identifier: Apache-2.0
"""The pages say what is: links lead somewhere, tables are those of the code, and the curl lines do what is said of them."""
import json
import pathlib
import re
import subprocess

import pytest
from florin_testing.gateway import Gateway, run
from florin_testing.processes import Simulator

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob('*.md'), *ROOT.glob('bench/*.md'), *ROOT.glob('docs/**/*.md')])
TRADEOFFS_WORDS_MAX = 1000
FACTS = 15

# They ask serve a question and are no settings.
QUESTIONS = {'config', 'print-config', 'list-crash-points'}

LINK = re.compile(r'\[[^\]]*\]\(([^)\s]+)\)')
OUR_FILE = re.compile(r'`((?:[\w-]+/)+[\w.\[\]-]+\.(?:c|h|\[ch\]|py|json|sql|list|txt|conf|md))`')


def text(name):
    return (ROOT / name).read_text(encoding='utf-8')


def page_name(page):
    return str(page.relative_to(ROOT))


def without_code(page):
    """A page without its blocks of code, where brackets are no links."""
    return re.sub(r'^```.*?^```$|^    .*?$', '', page.read_text(encoding='utf-8'), flags=re.M | re.S)


def anchors(page):
    """What a link may name behind '#', by the usual rule for headings."""
    headings = re.findall(r'^#+ (.*)$', page.read_text(encoding='utf-8'), re.M)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


# --- Links and names of files ---

@pytest.mark.parametrize('page', PAGES, ids=page_name)
def test_links_lead_somewhere(page):
    wrong = []
    for link in LINK.findall(without_code(page)):
        if re.match(r'https?:', link):
            continue
        path, _, anchor = link.partition('#')
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or ROOT not in [target, *target.parents]:
            wrong.append(link)
        elif anchor and anchor not in anchors(target):
            wrong.append(link)
    assert not wrong


@pytest.mark.parametrize('page', PAGES, ids=page_name)
def test_files_that_are_named_exist(page):
    names = OUR_FILE.findall(page.read_text(encoding='utf-8'))
    real = [name for name in names if not re.search(r'[A-Z]{3}', name.replace('README', ''))]  # processor_NAME.c is a pattern
    wrong = [name for name in real if not any(ROOT.glob(name)) and not any(ROOT.glob(f'src/{name}')) and name != 'bench/results/latest.json']
    assert not wrong


def test_every_page_is_linked_from_another_one():
    linked = {(page.parent / link.partition('#')[0]).resolve() for page in PAGES for link in LINK.findall(page.read_text(encoding='utf-8'))}
    entrances = {ROOT / 'README.md', ROOT / 'CHANGELOG.md'}
    assert [page_name(page) for page in PAGES if page not in linked | entrances] == []


def test_tradeoffs_are_short():
    assert len(text('TRADEOFFS.md').split()) <= TRADEOFFS_WORDS_MAX


def test_decisions_have_their_parts_and_are_listed():
    index = text('docs/decisions/README.md')
    pages = sorted(ROOT.glob('docs/decisions/[0-9]*.md'))
    for number, page in enumerate(pages, 1):
        content = page.read_text(encoding='utf-8')
        assert page.name.startswith(f'{number:04d}-'), f'{page.name} should be number {number}'
        for part in ('**Context.**', '**Decision.**', '**Consequence.**'):
            assert part in content, f'{page.name} lacks {part}'
        assert f'({page.name})' in index


# --- Tables ---

def test_florin_conf_has_every_setting_of_serve():
    status, told, _ = run('serve', '--help')
    flags = set(re.findall(r'^  --([\w-]+) ', told, re.M)) - QUESTIONS
    named = {name.replace('_', '-') for name in re.findall(r'^# (\w+) =', text('florin.conf'), re.M)}
    assert status == 0 and len(flags) > 10
    assert named == flags


def rows(page):
    """The cells of every table row of a page."""
    return [[cell.strip() for cell in line.strip().strip('|').split(' | ')] for line in text(page).splitlines() if line.startswith('| ')]


def test_errors_tell_every_code_with_its_status():
    told = {row[1].strip('`'): int(row[0]) for row in rows('docs/reference/errors.md') if row[0].isdigit()}
    published = {problem['code']: problem['status'] for problem in json.loads(text('src/api/openapi.json'))['x-problems']}
    in_code = {word: int(status) for word, status in re.findall(r'\] = \{ "(\w+)", (\d+),', text('src/api/problem.c'))}
    assert len(in_code) > 40 and published.items() <= in_code.items()
    assert told == in_code


def test_errors_say_what_may_be_tried_again():
    told = {row[1].strip('`'): row[2] == 'yes' for row in rows('docs/reference/errors.md') if row[0].isdigit() and len(row) == 4}
    for problem in json.loads(text('src/api/openapi.json'))['x-problems']:
        assert told[problem['code']] == problem['retryable'], problem['code']


def test_metrics_are_those_of_the_source():
    counted = {name for path in (ROOT / 'src').rglob('*.c') for name in re.findall(r'\.name = "(florin_[a-z_]+)"', path.read_text(encoding='utf-8'))}
    told = {row[0].strip('`') for row in rows('docs/reference/metrics.md') if row[0].startswith('`florin_')}
    assert len(counted) > 10
    assert told == counted


def test_alerts_name_metrics_that_exist():
    told = {row[0].strip('`') for row in rows('docs/reference/metrics.md')}
    derived = re.compile(r'_(sum|count|bucket)$')
    for name in re.findall(r'\bflorin_[a-z_]+', text('docs/how-to/operate.md')):
        assert derived.sub('', name) in told, name


def test_the_banks_facts_are_numbered_as_the_code_cites_them():
    page = text('docs/reference/bank.md').split('## The fifteen facts')[1].split('\n## ')[0]
    assert re.findall(r'^(\d+)\. ', page, re.M) == [str(n) for n in range(1, FACTS + 1)]
    cited = {int(n) for n in re.findall(r'\((\d+)\)', '\n'.join(re.findall(r'/\*.*?\*/', text('src/processor/processor_bank.c'))))}
    assert cited and cited <= set(range(1, FACTS + 1))


def test_the_banks_words_are_told():
    words = set(re.findall(r'^    \{ "(\w+)",\s+\d{3},', text('src/processor/processor_bank.c'), re.M))
    assert len(words) > 10
    assert [word for word in words if f'`{word}`' not in text('docs/reference/bank.md')] == []


def test_the_simulators_faults_are_told():
    kinds = set(re.findall(r'^    \{ "(\w+)",', text('src/sim/psp_faults.c'), re.M))
    told = {name for row in rows('docs/reference/simulators.md') for name in re.findall(r'`(\w+)`', row[0])}
    assert len(kinds) > 20 and kinds <= told


def test_every_simulator_is_told():
    names = re.findall(r'^(?:BANK|PSP)\((\w+),', text('src/command/simulators.list'), re.M)
    assert len(names) > 1
    for name in names:
        assert f'({name}-simulator.md)' in text('docs/reference/simulators.md'), name
        assert f'florin sim {name}' in text('docs/reference/simulators.md'), name


@pytest.mark.parametrize('company, least', [('stripe', 20), ('flutterwave', 14)])
def test_the_simulators_cards_are_told(company, least):
    cards = set(re.findall(r'^    \{ "(\d+)",.*?(?:NULL|"(\w+)") \},$', text(f'src/sim/{company}_cards.c'), re.M))
    page = rows(f'docs/reference/{company}-simulator.md')
    assert len(cards) >= least
    assert [card for card in cards if not any(row[0] == card[0] and card[1] in row[1] for row in page)] == []


@pytest.mark.parametrize('page', ['docs/explanation/doubt.md', 'docs/how-to/review.md'])
def test_every_reason_for_a_review_is_told(page):
    reasons = set(re.findall(r'review\("(\w+)"\)', text('src/domain/attempt.c')))
    assert len(reasons) > 5
    assert [reason for reason in reasons if f'`{reason}`' not in text(page)] == []


def test_the_rules_on_the_page_are_taken(tmp_path):
    example = re.search(r'^```\n(# routes\.conf\n.*?)^```$', text('docs/how-to/routing.md'), re.M | re.S)[1]
    (tmp_path / 'routes.conf').write_text(example, encoding='utf-8')
    status, told, complaint = run('route', '--check', tmp_path / 'routes.conf')
    assert status == 0 and '6 rules, no complaint' in told, complaint


def test_every_reason_to_pass_a_processor_over_is_told():
    reasons = set(re.findall(r'\[ROUTE_\w+\]\s+= "(\w+)"', text('src/domain/route.c')))
    assert len(reasons) == 11
    assert [reason for reason in reasons if f'`{reason}`' not in text('docs/how-to/routing.md')] == []
    published = json.loads(text('src/api/openapi.json'))['components']['schemas']['PassedOver']
    assert set(published['items']['properties']['reason']['enum']) == reasons


def test_every_kind_of_no_is_told():
    """The table of the page is that of the source: word, what the merchant is told, and the advice."""
    meanings = re.findall(r'\{ "(\w+)", +DECLINE_(\w+), +ADVICE_(\w+) +\}', text('src/domain/reason.c'))
    expected = {(word, decline.lower(), '' if advice == 'NONE' else advice.lower()) for word, decline, advice in meanings}
    told = {(row[0].strip('`'), row[2].strip('`'), row[3].strip('`')) for row in rows('docs/reference/declines.md') if len(row) == 4}
    assert len(expected) == 14 and expected <= told
    published = json.loads(text('src/api/openapi.json'))['components']['schemas']['Event']['properties']['data']['properties']
    assert published['category']['enum'] == [word for word, _, _ in meanings]
    assert set(published['advice']['enum']) == {advice for _, _, advice in expected if advice}


def test_architecture_knows_every_folder_and_its_arrows():
    told = {name.strip('`'): row[-1] for row in rows('ARCHITECTURE.md') for name in row[0].split(', ')}
    for line in text('layers.txt').splitlines():
        words = line.split('#')[0].split()
        if not words:
            continue
        assert words[0] in told, words[0]
        if words[0] != 'api':  # told as "all of the above"
            assert told[words[0]].split() == words[1:], words[0]


# --- The curl lines ---

def shell_of(page):
    """The lines that a reader is to type."""
    return '\n'.join(re.findall(r'^```sh\n(.*?)^```$', text(page), re.M | re.S))


def type_it(page, gateway, bank):
    """Runs the lines of a page against these two: (statuses that the page says, statuses that came, all that was printed)."""
    lines = shell_of(page).replace('127.0.0.1:8080', gateway.address).replace('127.0.0.1:8787', bank.address)
    done = subprocess.run(['bash', '-eu', '-c', lines], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
                          env={'PATH': '/usr/bin:/bin', 'no_proxy': '*'}, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = re.findall(r'^# (\d{3})\b', lines, re.M)
    return said, re.findall(r'HTTP/1\.1 (\d{3})', done.stdout), done.stdout


@pytest.fixture
def bank():
    with Simulator() as simulator:
        yield simulator


def test_the_readme_does_what_it_says(tmp_path, bank):
    gateway = Gateway(tmp_path, bank.url)
    try:
        said, came, printed = type_it('README.md', gateway, bank)
    finally:
        gateway.close()
    assert len(said) == 6 and came == said
    assert printed.count('Idempotent-Replayed: true') == 1
    assert bank.summary()['captures']['count'] == bank.summary()['refunds']['count'] == 1


def test_the_tutorial_does_what_it_says(tmp_path, bank):
    gateway = Gateway(tmp_path, bank.url, answer_within_ms=3000, bank_resend_after_ms=4500)
    try:
        said, came, printed = type_it('docs/tutorial/first-payment.md', gateway, bank)
    finally:
        gateway.close()
    assert len(said) == 8 and came == said
    assert '"operation_doubted"' in printed
    assert bank.summary()['holds']['count'] == 2
