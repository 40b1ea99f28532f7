# SPDX-License-Identifier: Apache-2.0
"""Holds requests and answers against a description (OpenAPI 3.0) that a company has published.

Such files are not ours to pass on: FLORIN_VENDOR_SPECS names a folder with NAME.json in it, and known-gaps.json, which says where a
file is narrower than the company's own servers. Names of members are checked even where a file leaves them open: as a further rule of
the file, or, where its objects are put together from several (allOf), by a walk of its own.
"""
import collections
import functools
import json
import os
import pathlib
import re
import urllib.parse

import jsonschema

SPECS = os.environ.get('FLORIN_VENDOR_SPECS')
OPEN_ENUMS = ('x-stripeBypassValidation', 'x-open-enum')  # beside these an enum is a list of examples
METHODS = ('get', 'post', 'put', 'patch', 'delete')


class Mismatch(AssertionError):
    """Something that the description does not know."""


def read_form(text):
    """A form or query with brackets as nested dicts; what has places as names becomes a list."""
    root = {}
    for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text)):
        first, *parts = [part.rstrip(']') for part in name.split('[')]
        node = root
        for part, following in zip([first, *parts], [*parts, None]):
            part = part if part else str(len(node))
            if following is None:
                node[part] = value
            else:
                node = node.setdefault(part, {})
    return _with_lists(root)


def _with_lists(node):
    if not isinstance(node, dict):
        return node
    if node and all(name.isdigit() for name in node):
        return [_with_lists(value) for _, value in sorted(node.items(), key=lambda item: int(item[0]))]
    return {name: _with_lists(value) for name, value in node.items()}


class Description:
    """One company's file, and what was seen of it."""

    def __init__(self, name, folder=SPECS):
        folder = pathlib.Path(folder)
        self.document = json.loads((folder / f'{name}.json').read_text(encoding='utf-8'))
        gaps = json.loads((folder / 'known-gaps.json').read_text(encoding='utf-8'))
        self.is_walked = gaps['closed_world'].get(f'{name}.json', '').startswith('open')
        self.resolver = jsonschema.RefResolver('', self.document)
        for gap in gaps['gaps']:
            if gap['file'] == f'{name}.json' and gap['kind'] == 'missing_member' and gap['operation'] != '*':
                self._fill(gap)
        self._tighten(self.document)
        self.templates = sorted(((self._pattern(path), path) for path in self.document['paths']), key=lambda row: row[1].count('{'))
        self.seen = collections.Counter()  # (method, path template, status): how often

    # --- Reading the file ---

    @staticmethod
    def _pattern(template):
        return re.compile(''.join('[^/]+' if part.startswith('{') else re.escape(part)
                                  for part in re.split(r'(\{[^}]+\})', template)))

    def _fill(self, gap):
        """Adds a member that the file lacks, as something that may be anything."""
        method, path = gap['operation'].split(' ', 1)
        operation = self.document['paths'].get(path, {}).get(method.lower())
        parts = gap['pointer'].split('/')[1:]
        if operation is None or not parts or 'requestBody' not in operation:
            return
        for media in operation['requestBody']['content'].values():
            schema = media['schema']
            for part in parts[:-1]:
                schema = self._member(schema, part)
                if schema is None:
                    break
            else:
                self._resolve(schema).setdefault('properties', {}).setdefault(parts[-1], {})

    def _member(self, schema, name):
        """The schema of a member; of several alternatives the first that has it."""
        for choice in self._parts(schema):
            if name in choice.get('properties', {}):
                found = choice['properties'][name]
                return next((one for one in found.get('anyOf', []) if 'properties' in one), found)
        return None

    def _tighten(self, node):
        """Makes OpenAPI's words JSON Schema's, and closes objects that list their members."""
        if isinstance(node, list):
            for one in node:
                self._tighten(one)
        if not isinstance(node, dict):
            return
        for one in list(node.values()):
            self._tighten(one)
        if 'enum' in node and isinstance(node['enum'], list) and any(node.get(word) for word in OPEN_ENUMS):
            del node['enum']
        if not self.is_walked and isinstance(node.get('properties'), dict) and 'additionalProperties' not in node and 'allOf' not in node \
                and node.get('type') == 'object':
            node['additionalProperties'] = False
        if node.get('nullable') is True:
            rest = {name: value for name, value in node.items() if name != 'nullable'}
            node.clear()
            node['anyOf'] = [{'enum': [None]}, rest]

    def template_of(self, target):
        """The described path that a request's target belongs to."""
        path = target.split('?')[0]
        for pattern, template in self.templates:
            if pattern.fullmatch(path):
                return template
        raise Mismatch(f'{path} is not described')

    def operation(self, method, target):
        template = self.template_of(target)
        found = self.document['paths'][template].get(method.lower())
        if found is None:
            raise Mismatch(f'{method} {template} is not described')
        return template, found

    def _resolve(self, schema):
        while '$ref' in schema:
            schema = self.resolver.resolve(schema['$ref'])[1]
        return schema

    def _validate(self, schema, value, where):
        errors = sorted(jsonschema.Draft4Validator(schema, resolver=self.resolver).iter_errors(value), key=lambda error: len(error.path))
        if errors:
            best = jsonschema.exceptions.best_match(errors)
            raise Mismatch(f'{where}: at /{"/".join(map(str, best.absolute_path))}: {best.message[:400]}')
        unknown = next(self._unknown(schema, value, ''), None) if self.is_walked else None
        if unknown:
            raise Mismatch(f'{where}: there is no member {unknown}')

    def _parts(self, schema):
        """A schema and all that it is put together from."""
        schema = self._resolve(schema)
        yield schema
        for word in ('allOf', 'anyOf', 'oneOf'):
            for one in schema.get(word, []):
                yield from self._parts(one)

    def _unknown(self, schema, value, path):
        """The paths of members that no part of the schema lists."""
        parts = list(self._parts(schema))
        if isinstance(value, list):
            items = [part['items'] for part in parts if 'items' in part]
            for place, one in enumerate(value if items else []):
                yield from self._unknown({'allOf': items}, one, f'{path}/{place}')
        listed = collections.defaultdict(list)
        for part in parts:
            for name, one in part.get('properties', {}).items():
                listed[name].append(one)
        if not isinstance(value, dict) or not listed or any(part.get('additionalProperties') for part in parts):
            return
        for name, one in value.items():
            if name in listed:
                yield from self._unknown({'allOf': listed[name]}, one, f'{path}/{name}')
            else:
                yield f'{path}/{name}'

    def check_named(self, name, value):
        """A value is what the file calls by that name."""
        self._validate({'$ref': f'#/components/schemas/{name}'}, value, name)

    # --- Answers ---

    def check_answer(self, method, target, status, body):
        """The body (a JSON value; None: there is none) is one that the description knows for that request and status."""
        template, operation = self.operation(method, target)
        responses = operation['responses']
        response = self._resolve(responses.get(str(status)) or responses.get('default') or {})
        if body is None and str(status) in responses:
            self.seen[method, template, status] += 1
            return
        schema = response.get('content', {}).get('application/json', {}).get('schema')
        if schema is None:
            raise Mismatch(f'{method} {template}: status {status} is not described')
        self._validate(schema, body, f'{status} {method} {template}')
        self.seen[method, template, status] += 1

    # --- Requests ---

    def check_request(self, method, target, content_type, body):
        """Query and body are such as the description takes. `body` is the text that is sent."""
        template, operation = self.operation(method, target)
        self._check_query(template, operation, target)
        contents = operation.get('requestBody', {}).get('content', {})
        kind = (content_type or '').split(';')[0]
        if not body:
            if operation.get('requestBody', {}).get('required') and self._needs_members(contents):
                raise Mismatch(f'{method} {template} needs a body')
            return
        if kind not in contents:
            raise Mismatch(f'{method} {template} does not take {kind or "a body without a type"}')
        schema = contents[kind]['schema']
        given = self._typed(schema, read_form(body)) if kind == 'application/x-www-form-urlencoded' else json.loads(body)
        self._validate(schema, given, f'{method} {template}')

    def _needs_members(self, contents):
        return any(self._resolve(media['schema']).get('required') for media in contents.values())

    def _check_query(self, template, operation, target):
        known = {one['name']: one.get('schema', {}) for one in map(self._resolve, operation.get('parameters', [])) if one['in'] == 'query'}
        given = read_form(target.partition('?')[2])
        for name, value in given.items():
            if name not in known:
                raise Mismatch(f'{template} does not take the parameter {name}')
            self._validate(known[name], self._typed(known[name], value), f'{template}?{name}')

    def _typed(self, schema, value):
        """Texts of a form as the values that the schema means; what does not fit stays a text and fails later."""
        schema = self._resolve(schema)
        for choice in schema.get('anyOf', []) + schema.get('oneOf', []):
            typed = self._typed(choice, value)
            if jsonschema.Draft4Validator(choice, resolver=self.resolver).is_valid(typed):
                return typed
        if isinstance(value, dict):
            members = schema.get('properties', {})
            others = schema.get('additionalProperties')
            return {name: self._typed(members.get(name, others if isinstance(others, dict) else {}), one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._typed(schema.get('items', {}), one) for one in value]
        if schema.get('type') == 'integer' and re.fullmatch(r'-?\d+', value):
            return int(value)
        if schema.get('type') == 'number' and re.fullmatch(r'-?\d+(\.\d+)?', value):
            return float(value)
        if schema.get('type') == 'boolean' and value in ('true', 'false'):
            return value == 'true'
        return value


@functools.lru_cache(maxsize=None)
def description_of(name):
    """The description of that company; None when there is none on this machine."""
    return Description(name) if SPECS and (pathlib.Path(SPECS) / f'{name}.json').exists() else None
