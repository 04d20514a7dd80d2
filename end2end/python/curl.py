"""curl, as the documents of Fera, Apiera and Financefeast use it."""

import json
import subprocess


class Answer:
    def __init__(self, text):
        head, _, self.text = text.replace("\r\n", "\n").partition("\n\n")
        status, *lines = head.splitlines()
        self.status = int(status.split()[1])
        self.headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def json(self):
        return json.loads(self.text)


def curl(*words):
    """Runs curl with these arguments; the status, headers and body that came back."""
    command = ["curl", "--silent", "--show-error", "--include", "--max-time", "20", *words]
    return Answer(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
