# SPDX-License-Identifier: Apache-2.0
"""A light look at C source for our own tools: without comments and texts, and where its functions are."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / 'src'

_TEXT_OR_COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
_ONE_LINE_FUNCTION = re.compile(r'^\w[\w\s*]*?(\w+)\([^;]*\)\s*\{.*\}\s*$')


def code_only(text):
    """The text with comments and the insides of literals blanked; lines and columns stay."""
    def blank(match):
        found = match[0]
        keep = found[0] in '"\''
        return ''.join(char if char == '\n' or (keep and i in (0, len(found) - 1)) else ' '
                       for i, char in enumerate(found))
    return _TEXT_OR_COMMENT.sub(blank, text)


def files(folder=SOURCE):
    """Every .c and .h below a folder, in order."""
    return sorted(folder.rglob('*.[ch]'))


def includes(path):
    """Yields (line number, name) of each include of our own."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if match:
            yield number, match[1]


def functions(path):
    """Yields (line number, name, length in lines) of each function, found by our way of placing braces."""
    lines = code_only(path.read_text()).splitlines()
    head = 0  # where the declaration that we are in began
    opened = None
    for number, line in enumerate(lines):
        if opened is None:
            short = _ONE_LINE_FUNCTION.match(line)
            if short:
                yield number + 1, short[1], 1
            if line == '{' and '(' in ' '.join(lines[head:number]):
                opened = head
            elif not line.strip() or line[0] in '}#' or line.rstrip().endswith((';', '}')):
                head = number + 1
        elif line.startswith('}'):
            name = re.search(r'(\w+)\s*\(', ' '.join(lines[opened:number]))
            yield opened + 1, name[1] if name else '?', number - opened + 1
            opened, head = None, number + 1
