# SPDX-License-Identifier: Apache-2.0
"""Holds everything that is said over the API against its own description, src/api/openapi.json, and remembers what was seen."""
import collections
import json
import pathlib
import re
import urllib.parse

import jsonschema

DESCRIPTION = pathlib.Path(__file__).resolve().parents[2] / 'src' / 'api' / 'openapi.json'

# What no customer must ever read in an answer: our insides, and the bank's own words.
NEVER_TOLD = re.compile(
    r'sqlite|\bSELECT\b|\bINSERT\b|\bUPDATE\b|src/|\.c:\d|\b0x[0-9a-f]{6}|/dev/shm|/tmp/|/home/|/proc/|127\.0\.0\.1|'
    r'libcurl|curl_|\berrno\b|Sanitizer|Random failure|internal error|Bad Gateway|\bstack\b', re.I)

formats = jsonschema.FormatChecker()


@formats.checks('date-time')
def is_moment(value):
    """RFC 3339 in UTC, as we write it."""
    return not isinstance(value, str) or bool(
        re.fullmatch(r'\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d+)?Z', value))


def read_strictly(body):
    """The JSON value of an answer, which must be UTF-8 and must not say anything twice."""
    def members(pairs):
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), f'a name stands twice in {names}'
        return dict(pairs)
    return json.loads(body.decode('utf-8'), object_pairs_hook=members)


class Contract:
    """The description of the API, as something that can be broken."""

    def __init__(self, description=DESCRIPTION):
        self.document = json.loads(description.read_text(encoding='utf-8'))
        self.resolver = jsonschema.RefResolver.from_schema(self.document, id_of=lambda schema: schema.get('$id', ''))
        self.validators = {}
        self.seen = collections.Counter()  # (method, path template, status): how often
        self.templates = [(self._pattern(template), template) for template in self.document['paths']]
        self.templates.sort(key=lambda row: row[1].count('{'))

    @staticmethod
    def _pattern(template):
        return re.compile(''.join('[^/]+' if part.startswith('{') else re.escape(part)
                                  for part in re.split(r'(\{[^}]+\})', template)))

    def documented(self):
        """Every (method, path template, status) that the description knows."""
        return {(method.upper(), template, int(status))
                for template, item in self.document['paths'].items()
                for method, operation in item.items() if method in ('get', 'post', 'put', 'delete', 'patch')
                for status in operation['responses'] if status.isdigit()}

    def routes(self):
        """Every (method, path template) of it."""
        return {(method, template) for method, template, _ in self.documented()}

    def template_of(self, target):
        """The path template that a request's target belongs to; None for none."""
        path = target.split('?')[0]
        return next((template for pattern, template in self.templates if pattern.fullmatch(path)), None)

    def _operation(self, method, target):
        template = self.template_of(target)
        return template, self.document['paths'].get(template, {}).get(method.lower())

    def resolve(self, thing):
        """Follows a $ref."""
        while '$ref' in thing:
            thing = self.resolver.resolve(thing['$ref'])[1]
        return thing

    def check_value(self, value, schema, where):
        """The value must fit the schema."""
        name = json.dumps(schema, sort_keys=True)
        if name not in self.validators:
            self.validators[name] = jsonschema.Draft202012Validator(schema, resolver=self.resolver, format_checker=formats)
        wrong = list(self.validators[name].iter_errors(value))
        assert not wrong, f'{where} breaks the API description: ' + '; '.join(
            f'{"/".join(map(str, error.absolute_path)) or "whole"}: {error.message}' for error in wrong[:3]) + f'\n{value!r}'

    # --- requests ---

    def check_request(self, method, target, headers, body):
        """A request that claims to be a good one must be what the description asks for."""
        template, operation = self._operation(method, target)
        assert operation, f'{method} {target} is not in the API description'
        headers = {name.lower(): value for name, value in headers}
        query = dict(urllib.parse.parse_qsl(target.partition('?')[2], keep_blank_values=True))
        item = self.document['paths'][template]
        for parameter in map(self.resolve, item.get('parameters', []) + operation.get('parameters', [])):
            self._check_parameter(parameter, headers, query, f'{method} {target}')
        known = {parameter['name'] for parameter in map(self.resolve, operation.get('parameters', [])) if parameter['in'] == 'query'}
        assert set(query) <= known, f'{method} {target}: {set(query) - known} is no documented parameter'
        self._check_request_body(operation, headers, body, f'the request {method} {target}')

    def _check_parameter(self, parameter, headers, query, where):
        values = {'header': headers, 'query': query}.get(parameter['in'])
        if values is None:  # path: the template matched
            return
        name = parameter['name'].lower() if parameter['in'] == 'header' else parameter['name']
        if name not in values:
            assert not parameter.get('required'), f'{where} lacks {name}'
            return
        value = values[name]
        kind = self.resolve(parameter['schema']).get('type')
        self.check_value(int(value) if kind == 'integer' else value, parameter['schema'], f'{where}, {name}')

    def _check_request_body(self, operation, headers, body, where):
        asked = self.resolve(operation.get('requestBody', {}))
        if not body:
            assert not asked.get('required'), f'{where} needs a body'
            return
        media = headers.get('content-type', '').split(';')[0].strip().lower()
        assert media in asked.get('content', {}), f'{where} is {media!r}'
        self.check_value(json.loads(body), asked['content'][media]['schema'], where)

    # --- answers ---

    def check_answer(self, method, target, answer):
        """Any answer at all must be one that the description promises."""
        where = f'the answer {answer.status} to {method} {target}'
        template, operation = self._operation(method, target) if method else (None, None)
        responses = operation['responses'] if operation else {}
        self._check_everywhere(answer, where)
        if str(answer.status) in responses:
            self.seen[method, template, answer.status] += 1
        # What is wrong before anybody looks at the route has the same form everywhere.
        promised = responses.get(str(answer.status)) or responses.get('default') or self.anywhere()
        self._check_promised(self.resolve(promised), answer, where)

    @staticmethod
    def anywhere():
        """The answer to a request that did not get as far as a route."""
        return {'$ref': '#/components/responses/Protocol'}

    def _check_promised(self, promised, answer, where):
        for name, header in promised.get('headers', {}).items():
            header = self.resolve(header)
            value = answer.header(name)
            assert value is not None or not header.get('required'), f'{where} lacks the header {name}'
            if value is not None:
                whole = header['schema'].get('type') == 'integer'
                self.check_value(int(value) if whole else value, header['schema'], f'{where}, {name}')
        content = promised.get('content')
        if not content:
            assert not answer.body, f'{where} has a body, and none is documented'
            return
        media = answer.header('content-type')
        assert media in content, f'{where} is {media!r}, not one of {list(content)}: {answer.text[:300]}'
        if media == 'application/problem+json':
            self.check_problem(answer, where)
        if media.endswith('json'):
            self.check_value(read_strictly(answer.body), content[media].get('schema', {}), where)

    @staticmethod
    def _check_everywhere(answer, where):
        if answer.status >= 400:
            leak = NEVER_TOLD.search(answer.text)
            assert not leak, f'{where} tells of our insides, {leak.group()!r}: {answer.text}'

    def check_problem(self, answer, where):
        """RFC 9457 and our members; things that are said twice agree, and each code means what the table says."""
        problem = read_strictly(answer.body)
        self.check_value(problem, {'$ref': '#/components/schemas/Problem'}, where)
        assert problem['status'] == answer.status, f'{where} says {problem["status"]} inside'
        assert problem['type'] == f'/problems/{problem["code"]}', f'{where}: {problem["type"]}'
        assert problem['instance'] == f'urn:request:{problem["request_id"]}', f'{where}: {problem["instance"]}'
        meaning = next(row for row in self.document['x-problems'] if row['code'] == problem['code'])
        assert (problem['status'], problem['retryable']) == (meaning['status'], meaning['retryable']), f'{where}: {problem}'
        if answer.status in (429, 503) or problem['code'] in ('operation_in_progress', 'idempotency_in_progress'):
            assert re.fullmatch(r'\d+', answer.header('retry-after') or ''), f'{where} lacks Retry-After'


contract = None


def the_contract():
    """The one of this process, read when it is first needed."""
    global contract  # pylint: disable=global-statement
    if contract is None:
        contract = Contract()
    return contract


def seen_so_far():
    """What this process has seen, in a form that can be sent to another one."""
    return [[*row, count] for row, count in contract.seen.items()] if contract else []
