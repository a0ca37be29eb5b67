"""What a lock says of the process that has it."""

import dataclasses
import datetime
import json
import os
import pathlib
import shlex
import socket
import sys

# Longer commands are cut in messages.
_COMMAND_CHARACTERS = 200


@dataclasses.dataclass(frozen=True)
class LockHolder:
    """The process that has a lock.

    Args:
        pid: Its number.
        host: Its machine.
        started: When it took the lock.
        command: How it was started.
    """

    pid: int
    host: str
    started: str
    command: str

    @classmethod
    def this_process(cls) -> "LockHolder":
        """This process, now."""
        now = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
        return cls(os.getpid(), socket.gethostname(), now, shlex.join(sys.orig_argv))

    @classmethod
    def read(cls, path: pathlib.Path) -> "LockHolder | None":
        """What `to_json` wrote; None where it is not written yet, or damaged."""
        try:
            return cls(**json.loads(path.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def to_json(self) -> str:
        """The text for the file of the lock."""
        return json.dumps(dataclasses.asdict(self))

    def __str__(self) -> str:
        command = self.command[:_COMMAND_CHARACTERS]
        return f"process {self.pid} on {self.host} since {self.started} ({command})"
