"""QtWebKit (an engine of 2016) without a window: "open ID URL", "run ID SCRIPT" and "close ID" on the
lines of the input, what a page says on its console as JSON on the lines of the output."""

import json
import os
import sys

from PyQt5.QtCore import QSocketNotifier, QUrl
from PyQt5.QtWebKitWidgets import QWebPage
from PyQt5.QtWidgets import QApplication


class Page(QWebPage):
    def __init__(self, name):
        super().__init__()
        self.name = name

    def javaScriptConsoleMessage(self, message, line, source):
        print(json.dumps({'id': self.name, 'text': f'{message} ({source}:{line})'}), flush=True)

    def javaScriptAlert(self, frame, message):
        self.javaScriptConsoleMessage(message, 0, 'alert')


def main():
    app = QApplication(sys.argv)
    pages = {}

    rest = b''

    def on_input():
        nonlocal rest
        some = os.read(sys.stdin.fileno(), 65536)
        if not some:
            return app.quit()
        *lines, rest = (rest + some).split(b'\n')
        for line in lines:
            obey(line.decode())

    def obey(line):
        verb, name, *rest = line.split(' ', 2)
        if verb == 'open':
            pages[name] = Page(name)
            pages[name].mainFrame().load(QUrl.fromEncoded(rest[0].encode()))
        elif verb == 'run':
            pages[name].mainFrame().evaluateJavaScript(rest[0])
        elif name in pages:
            pages.pop(name).deleteLater()

    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Read)
    notifier.activated.connect(on_input)
    app.exec_()


main()
