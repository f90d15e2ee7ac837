#!/usr/bin/env python3
"""Runs clang-tidy over the sources of some folders: tidy.py <build folder> <jobs> <folder>...

Most of its time goes into the headers of Boost and the standard library, once for each source. So
sources of one folder are looked at together, as one text, and apart only where they do not compile
so. What was found clean leaves a stamp, which holds what the verdict rests on: the program, the
command, and the contents of .clang-tidy, of the sources and of our headers that they include.
"""
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

MOST_TOGETHER = 10
DOES_NOT_COMPILE = 'clang-diagnostic-error'
# The analyzer takes executors for empty ones, which ours never are, where Boost.Asio copies them.
WRONG = re.compile(r'^\S+/boost/asio/execution/any_executor\.hpp:.*core\.NullDereference')
root = os.getcwd()


class Batch:
    """Sources of one folder that are compiled alike."""

    def __init__(self, build, files, command, folder):
        self.build, self.files, self.command, self.folder = build, files, command, folder
        name = hashlib.sha256('\n'.join(files).encode()).hexdigest()[:32]
        self.stamp = os.path.join(build, 'tidy', name)

    def halves(self):
        middle = len(self.files) // 2
        for files in (self.files[:middle], self.files[middle:]):
            yield Batch(self.build, files, self.command.replace(self.files[0], files[0]), self.folder)

    def write_text(self, path):
        """All sources as one; says where each begins."""
        starts, line = [], 1
        with open(path, 'w', encoding='utf-8') as out:
            for file in self.files:
                with open(file, encoding='utf-8') as source:
                    text = source.read()
                starts.append((line, file))
                line += text.count('\n')
                out.write(text)
        return starts

    def command_for(self, path):
        near = f' -iquote {os.path.dirname(self.files[0])} -I'
        return self.command.replace(self.files[0], path).replace(' -I', near, 1)

    def facts(self, text, command):
        """A digest of what a verdict rests on."""
        listing = subprocess.run(f'{command} -MM -MF - -o /dev/null', shell=True, cwd=self.folder,
                                 capture_output=True, text=True, check=False).stdout
        includes = listing.replace('\\\n', ' ').split(':', 1)[-1].split()
        digest = hashlib.sha256()
        digest.update(os.path.realpath(shutil.which('clang-tidy')).encode())
        digest.update(self.command.encode())
        for file in ['.clang-tidy'] + self.files + sorted(f for f in includes if f != text):
            with open(os.path.join(self.folder if file in includes else root, file), 'rb') as source:
                digest.update(hashlib.sha256(source.read()).digest())
        return digest.hexdigest()

    def look(self):
        """What there is to say: nothing where all is clean."""
        with tempfile.TemporaryDirectory() as scratch:
            text = os.path.join(scratch, 'sources.cpp')
            starts = self.write_text(text)
            command = self.command_for(text)
            facts = self.facts(text, command)
            known = self.read_stamp()
            if known == f'{facts} clean':
                return ''
            if known != f'{facts} apart':
                output = self.tidy(scratch, text, command)
                if not output:
                    return self.write_stamp(f'{facts} clean')
                if DOES_NOT_COMPILE not in output or len(self.files) == 1:
                    return in_sources(output, text, starts)
                self.write_stamp(f'{facts} apart')
        return ''.join(half.look() for half in self.halves())

    def tidy(self, scratch, text, command):
        with open(os.path.join(scratch, 'compile_commands.json'), 'w', encoding='utf-8') as out:
            json.dump([{'directory': self.folder, 'command': command, 'file': text}], out)
        run = subprocess.run(['clang-tidy', '--quiet', '-p', scratch,
                              '--config-file', os.path.join(root, '.clang-tidy'), text],
                             capture_output=True, text=True, check=False)
        if run.returncode == 0:
            return ''
        return without_wrong(run.stdout) if ': error:' in run.stdout else run.stdout + run.stderr

    def read_stamp(self):
        try:
            with open(self.stamp, encoding='utf-8') as stamp:
                return stamp.read()
        except FileNotFoundError:
            return ''

    def write_stamp(self, verdict):
        os.makedirs(os.path.dirname(self.stamp), exist_ok=True)
        with open(self.stamp, 'w', encoding='utf-8') as stamp:
            stamp.write(verdict)
        return ''


def without_wrong(output):
    """Output without the findings that are known to be wrong, each with its notes."""
    findings = re.split(r'^(?=\S+:\d+:\d+: (?:error|warning):)', output, flags=re.MULTILINE)
    return ''.join(f for f in findings if not WRONG.match(f))


def in_sources(output, text, starts):
    """Output with the lines of the sources in place of those of the text."""
    def place(found):
        line = int(found.group(1))
        start, file = max(s for s in starts if s[0] <= line)
        return f'{os.path.relpath(file, root)}:{line - start + 1}:'
    return re.sub(re.escape(text) + r':(\d+):', place, output)


def batches(build, folders):
    with open(os.path.join(build, 'compile_commands.json'), encoding='utf-8') as commands:
        known = {entry['file']: entry for entry in json.load(commands)}
    alike = {}
    for folder in folders:
        for base, _, names in os.walk(os.path.join(root, folder)):
            for file in sorted(os.path.join(base, n) for n in names if n.endswith('.cpp')):
                if file not in known:
                    sys.exit(f'{file}: {build} does not compile it')
                options = re.sub(r' -o \S+ -c \S+$', '', known[file]['command'])
                alike.setdefault((base, options), []).append(file)
    for files in alike.values():
        count = -(-len(files) // MOST_TOGETHER)
        size = -(-len(files) // count)
        for i in range(0, len(files), size):
            first = known[files[i]]
            yield Batch(build, files[i:i + size], first['command'], first['directory'])


def main():
    build, jobs, folders = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    is_clean = True
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for output in pool.map(Batch.look, batches(build, folders)):
            if output:
                is_clean = False
                print(output, flush=True)
    sys.exit(0 if is_clean else 1)


main()
