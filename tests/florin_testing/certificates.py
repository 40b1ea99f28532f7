# SPDX-License-Identifier: Apache-2.0
"""Certificates, good and bad, made with the openssl command while a test runs: none is stored anywhere."""
import datetime
import itertools
import pathlib
import subprocess

# What `openssl ca` wants to know before it signs anything; it is the one command that takes any dates.
CA_CONFIG = """
[ca]
default_ca = authority
[authority]
new_certs_dir = {folder}
database = {folder}/index.txt
rand_serial = yes
unique_subject = no
policy = anything
[anything]
commonName = optional
"""

AUTHORITY = 'basicConstraints=critical,CA:TRUE'
SERVER = 'basicConstraints=critical,CA:FALSE'

KEYS = {
    'ec': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    'rsa': ['-newkey', 'rsa:2048'],
    'rsa-1024': ['-newkey', 'rsa:1024'],
    'rsa-512': ['-newkey', 'rsa:512'],
}

numbers = itertools.count(1)


def openssl(folder, *words):
    """Runs it in that folder; it has to end well."""
    done = subprocess.run(['openssl', *map(str, words)], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, f'openssl {words}: {done.stderr}'


def day(days_from_now):
    """A moment as `openssl ca` reads it."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days_from_now)
    return moment.strftime('%Y%m%d%H%M%SZ')


class Certificate:
    """A certificate with its key, signed by another one or by itself. `extensions` are lines as in x509v3_config(5)."""

    def __init__(self, folder, signer=None, extensions=(SERVER,), subject='/CN=test', key='ec', days=(-1, 30), digest='sha256'):
        self.folder = pathlib.Path(folder)
        stem = self.folder / f'certificate-{next(numbers)}'
        self.file, self.key_file = stem.with_suffix('.pem'), stem.with_suffix('.key')
        self.signer = signer
        self._prepare()
        asked, wanted = stem.with_suffix('.csr'), stem.with_suffix('.ext')
        wanted.write_text('\n'.join(['[wanted]', *extensions]) + '\n', encoding='ascii')
        openssl(folder, 'req', '-new', *KEYS[key], '-nodes', '-keyout', self.key_file, '-subj', subject, '-out', asked)
        who = ['-cert', signer.file, '-keyfile', signer.key_file] if signer else ['-selfsign', '-keyfile', self.key_file]
        openssl(folder, 'ca', '-batch', '-notext', '-config', self.folder / 'ca.conf', *who, '-in', asked, '-out', self.file,
                '-md', digest, '-startdate', day(days[0]), '-enddate', day(days[1]), '-extfile', wanted, '-extensions', 'wanted')

    def _prepare(self):
        (self.folder / 'ca.conf').write_text(CA_CONFIG.format(folder=self.folder), encoding='ascii')
        (self.folder / 'index.txt').touch()

    def chain(self, whole=True):
        """A file with this certificate and, when the chain is to be whole, those between it and the root."""
        above, texts = self.signer, [self.file.read_text(encoding='ascii')]
        while whole and above and above.signer:
            texts.append(above.file.read_text(encoding='ascii'))
            above = above.signer
        file = self.file.with_suffix('.chain' if whole else '.alone')
        file.write_text(''.join(texts), encoding='ascii')
        return file


def named(*names, more=(), purpose='serverAuth'):
    """The extensions of a server's certificate with these names, as DNS:... or IP:..."""
    lines = [SERVER, f'extendedKeyUsage={purpose}'] + ([f'subjectAltName={",".join(names)}'] if names else [])
    return [*lines, *more]
