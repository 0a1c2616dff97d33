"""A headless Chromium that is told what to do over a pipe, for measuring pages and picturing them.

The DevTools protocol, JSON ended by a NUL on two pipes (``--remote-debugging-pipe``): no port,
nothing to install but the browser.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)


class Browser:
    """One page in one browser; ends with the ``with`` block."""

    def __init__(self, *, width: int = 1280, height: int = 900) -> None:
        if PROGRAM is None:
            raise SystemExit("No Chromium on this machine: install chromium.")
        self._profile = tempfile.TemporaryDirectory(
            prefix="splitbrain-browser-", ignore_cleanup_errors=True
        )
        self._number = 0
        self._waiting: list[dict[str, Any]] = []
        self._buffer = b""
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # The protocol's own descriptors are 3 and 4: neither may be in the other's way.
        high_in, high_out = (fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (theirs_in, theirs_out))
        command = [
            *(PROGRAM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *("--remote-debugging-pipe", f"--user-data-dir={self._profile.name}"),
            *(f"--window-size={width},{height}", "about:blank"),
        ]
        actions = [(os.POSIX_SPAWN_DUP2, high_in, 3), (os.POSIX_SPAWN_DUP2, high_out, 4)]
        null = os.open(os.devnull, os.O_WRONLY)
        actions += [(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
        self._pid = os.posix_spawn(PROGRAM, command, os.environ, file_actions=actions)
        os.close(null)
        for fd in (theirs_in, theirs_out, high_in, high_out):
            os.close(fd)
        self._session: str | None = None
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        told = self.ask("Target.attachToTarget", targetId=page, flatten=True)
        self._session = told["sessionId"]
        for domain in ("Page", "Runtime"):
            self.ask(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *error: object) -> None:
        os.kill(self._pid, signal.SIGTERM)
        os.waitpid(self._pid, 0)
        os.close(self._in)
        os.close(self._out)
        self._profile.cleanup()

    def ask(self, method: str, **given: Any) -> Any:
        """What the browser answers. Raises RuntimeError when it refuses."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": given}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._number:
            self._waiting.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def wait_for(self, event: str) -> None:
        """Wait until ``event`` has come since it was last waited for."""
        while True:
            for place, message in enumerate(self._waiting):
                if message.get("method") == event:
                    del self._waiting[place]
                    return
            self._waiting.append(self._read())

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self._waiting.clear()
        self.ask("Page.navigate", url=path.resolve().as_uri())
        self.wait_for("Page.loadEventFired")

    def run(self, script: str) -> Any:
        """What ``script``, the body of an async function, returns in the page."""
        expression = f"(async () => {{ {script} }})()"
        told = self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in told:
            raise RuntimeError(told["exceptionDetails"])
        return told["result"].get("value")

    def look(self, *, width: int, dark: bool = False, media: str = "") -> None:
        """The page as on a screen of this width, in light or dark."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def picture(self, path: Path, *, height: int | None = None) -> None:
        """A PNG of the whole page, or of its upper ``height`` pixels."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "scale": 1}
        clip["height"] = min(size["height"], height or size["height"])
        told = self.ask("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(told["data"]))

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            piece = os.read(self._in, 1 << 20)
            if not piece:
                raise RuntimeError("the browser has ended")
            self._buffer += piece
        message, _, self._buffer = self._buffer.partition(b"\0")
        told: dict[str, Any] = json.loads(message)
        return told
