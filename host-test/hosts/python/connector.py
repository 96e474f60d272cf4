"""Runs a connector of `iga:connector`: this file, plugin.py and gate.wat are what to copy.

A call into a plugin computes, and waits for the network, in the thread that calls; wasmtime-py can interrupt the first, and not the
second. So the plugin has a process of its own, which can be ended when a call takes too long.
"""

from multiprocessing import get_context
from typing import Any

import plugin


class ConnectorError(Exception):
    """What the connector itself says went wrong: `error` is the contract's record."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.error = error


class Connector:
    """A plugin. Close it, or use it in a `with` statement."""

    def __init__(
        self, path: str, base_url: str | None = None, methods: tuple[str, ...] = ("get",), longest_call: float = 2 * 60
    ) -> None:
        """
        :param path: the component's file
        :param base_url: where requests may go, and nowhere else; left out: to the manifest's origins
        :param methods: what may be sent: `put` is for a session that changes something
        :param longest_call: how many seconds one call may take, waiting for the network included
        """
        self._longest_call = longest_call
        # Not forked, which would copy this process's memory, secrets included, and locks that other threads hold.
        context = get_context("spawn")
        self._pipe, its_end = context.Pipe()
        self._process = context.Process(target=plugin.serve, args=(its_end, path, base_url, methods), daemon=True)
        self._process.start()
        its_end.close()

    def call(self, name: str, *args: Any) -> Any:
        """Calls a function of plugin.py's `CALLS`, and gives what the contract says, records as dicts. One call at a time; after an
        error that isn't a `ConnectorError` there is no plugin any more: make another one, and go on from the last stored cursor."""
        try:
            self._pipe.send((name, args))
            if not self._pipe.poll(self._longest_call):
                self.close()
                raise RuntimeError(f"The plugin has ended in {name}: it took too long")
            outcome, value = self._pipe.recv()
        except (EOFError, OSError):
            outcome, value = "trap", "its process is gone"
        if outcome == "trap":
            raise RuntimeError(f"The plugin has ended in {name}: {value}")
        if outcome == "err":
            raise ConnectorError(value)
        return value

    def close(self) -> None:
        """Ends the plugin, whatever it is doing."""
        self._process.kill()
        self._process.join()

    def __enter__(self) -> "Connector":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
