"""A worker of its own that kills itself after its n-th remote write: `python -m tests.sync.killed ID N`."""

import os
import signal
import sys
from typing import Any


def main(installation_id: str, stop: int) -> None:
    import django  # noqa: PLC0415 - the settings come from the environment, first

    django.setup()
    from accounts.models import Installation  # noqa: PLC0415
    from sync import engine  # noqa: PLC0415
    from zoho.client import Client  # noqa: PLC0415

    send, written = Client._send, 0

    def sent(self: Client, call: Any, token: str) -> Any:
        nonlocal written
        answer = send(self, call, token)
        written += call.method != "GET"
        if written == stop:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    Client._send = sent  # type: ignore[method-assign]
    engine.run(Installation.objects.get(pk=installation_id))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
