"""JupyterLab in headless Chromium, as far as a test needs them: a page whose JavaScript can be asked, by the DevTools protocol.

CHROMIUM names another browser of that family.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
APPLICATIONS = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium")


def chromium() -> str | None:
    """The browser, where there is one."""
    asked = os.environ.get("CHROMIUM")
    return asked or next((found for n in NAMES if (found := shutil.which(n))), None) or next((a for a in APPLICATIONS if Path(a).exists()), None)


class Page:
    """The page that the browser shows."""

    def __init__(self, loop: asyncio.AbstractEventLoop, connection: WebSocketClientConnection) -> None:
        self._loop, self._connection, self._numbers = loop, connection, itertools.count(1)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._loop.run_until_complete(asyncio.wait_for(self._call(method, parameters), 30))

    async def _call(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        await self._connection.write_message(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            text = await self._connection.read_message()
            assert text is not None, "the browser closed the page"
            answer = json.loads(text)
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    def ask(self, expression: str) -> Any:
        """The value of an expression in JavaScript; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, expression: str, seconds: float = 30.0) -> Any:
        """Its value, as soon as it is true."""
        end = time.monotonic() + seconds
        while not (value := self.ask(expression)):
            assert time.monotonic() < end, f"not within {seconds:g} s: {expression}; the page reads:\n{self.ask('document.body.innerText')}"
            time.sleep(0.05)
        return value

    async def close(self) -> None:
        self._connection.close()
        while await self._connection.read_message() is not None:
            pass

    def screenshot(self, path: Path) -> None:
        import base64

        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def process(arguments: list[str], log: Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A program that ends with the block."""
    with log.open("wb") as out, subprocess.Popen(arguments, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options) as p:
        try:
            yield p
        finally:
            p.terminate()
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                p.kill()


def until(ready: Any, seconds: float, log: Path) -> Any:
    end = time.monotonic() + seconds
    while True:
        try:
            if found := ready():
                return found
        except (OSError, ValueError, IndexError):
            pass
        assert time.monotonic() < end, f"not ready within {seconds:g} s:\n{log.read_text(errors='replace')[-4000:]}"
        time.sleep(0.1)


@contextmanager
def laboratory(notebook: Path, folder: Path) -> Iterator[Page]:
    """A notebook opened in JupyterLab in a browser, with settings, kernels and profile of their own in ``folder``."""
    browser = chromium()
    assert browser is not None
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")
    env = {**os.environ, **{p: str(folder / p.lower()) for p in places}, "HOME": str(folder),
           "PYTHONPATH": os.pathsep.join(str(Path(p).resolve()) for p in sys.path if p)}  # fmt: skip
    server = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1",
              "--IdentityProvider.token=t", f"--ServerApp.root_dir={notebook.parent}", "--LabApp.expose_app_in_browser=True",
              "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]  # fmt: skip
    seen = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--window-size=1200,1000",
            "--remote-debugging-port=0", f"--user-data-dir={folder / 'profile'}", "about:blank"]  # fmt: skip
    logs = folder / "jupyter.log", folder / "chromium.log"
    with process(server, logs[0], env=env, cwd=folder), process(seen, logs[1], env=env, cwd=folder):
        debugger = until(lambda: (folder / "profile/DevToolsActivePort").read_text().split()[0], 30, logs[1])
        until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token=t", timeout=5).status == 200, 60, logs[0])
        pages = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{debugger}/json", timeout=10).read())
        loop = asyncio.new_event_loop()
        address = next(p["webSocketDebuggerUrl"] for p in pages if p["type"] == "page")

        async def connect() -> WebSocketClientConnection:
            return await websocket_connect(address, max_message_size=1 << 26)

        connection = loop.run_until_complete(connect())
        page = Page(loop, connection)
        try:
            page.call("Page.navigate", url=f"http://127.0.0.1:{port}/lab/tree/{notebook.name}?token=t&reset")
            yield page
        finally:
            loop.run_until_complete(page.close())
            loop.close()
