"""The plugin's process: gives the component what it may have, and answers connector.py."""

import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from wasmtime import Engine, Store, StoreContext, WasiConfig
from wasmtime.component import Component, Func, Instance, Linker, Record, ResourceAny, Variant

MOST_MEMORY = 256 * 1024 * 1024
"""Of each memory of the plugin's, in bytes."""

MOST_DATA = 1024 * 1024 * 1024
"""Of this process, in bytes: with that memory, what the plugin has wasmtime keep for it, headers and timers say."""

IMPORTS = ("wasi:clocks/", "wasi:http/", "wasi:io/")
"""What a plugin may have. One that wants files, sockets or an environment isn't started."""

CALLS = {
    "describe": ("connection", "describe"),
    "open": ("connection", "[static]session.open"),
    "validate": ("connection", "[method]session.validate"),
    "read": ("sync", "read"),
    "held": ("sync", "held"),
    "apply": ("provision", "apply"),
}
"""The contract's functions. The session that `open` gives stays here, and is an argument of all but `describe`."""


class Plugin:
    def __init__(self, path: str, base_url: str | None, methods: tuple[str, ...]) -> None:
        # A platform would compile once for each version of a plugin: see `Component.serialize`.
        engine = Engine()
        component = Component.from_file(engine, path)
        imports = list(component.type.imports(engine))
        if strange := [name for name in imports if not name.startswith(IMPORTS)]:
            raise ValueError(f"the plugin wants what no connector needs: {', '.join(strange)}")

        self.methods = methods
        self.origins: set[str] = set()  # Where requests may go: nowhere, until the manifest has been read.
        self.session: ResourceAny | None = None
        self.store = Store(engine)
        self.store.set_wasi(WasiConfig())
        self.store.set_wasi_http()
        self.store.set_limits(memory_size=MOST_MEMORY, table_elements=100_000)

        gate = Component(engine, Path(__file__).with_name("gate.wat").read_text())
        opened = wasi(engine).instantiate(self.store, gate)
        self.gate = {name: self.function(opened, name) for name in ("method", "scheme", "authority", "send")}
        linker = wasi(engine)
        linker.allow_shadowing = True
        with linker.root() as root:
            for name in imports:
                # With the version that the plugin asks for: beside one of another version, it would still find wasmtime's own.
                if name.startswith("wasi:http/outgoing-handler"):
                    with root.add_instance(name) as outgoing_handler:
                        outgoing_handler.add_func("handle", self.handle)
        self.instance = linker.instantiate(self.store, component)
        # The manifest is the plugin's word: whoever runs this may allow an address without TLS, and the plugin may not.
        wanted = [base_url] if base_url else [url for url in self.call("describe").origins if url.startswith("https://")]
        self.origins = {origin(url) for url in wanted}

    def handle(self, store: StoreContext, request: ResourceAny, options: ResourceAny | None) -> ResourceAny | Variant:
        """The plugin's only way out: `wasi:http/outgoing-handler`."""
        method, scheme, authority = (self.gate[part](store, request) for part in ("method", "scheme", "authority"))
        if method.tag in self.methods and origin(f"{scheme and scheme.tag}://{authority}") in self.origins:
            return self.gate["send"](store, request, options)
        for unused in filter(None, (request, options)):
            unused.drop(store)
        return Variant("HTTP-request-denied")

    def call(self, name: str, *args: Any) -> Any:
        interface, function = CALLS[name]
        session = () if name in ("describe", "open") else (self.session,)
        call = self.function(self.instance, f"iga:connector/{interface}@0.1.0", function)
        result = call(self.store, *session, *map(to_wasm, args))
        if name == "open" and isinstance(result, ResourceAny):
            self.session = result
            return None
        return result

    def function(self, instance: Instance, *names: str) -> Func:
        index = None
        for name in names:
            index = instance.get_export_index(self.store, name, index)
        function = index and instance.get_func(self.store, index)
        if not function:
            raise ValueError(f"it exports no {' '.join(names)}")
        return function


def wasi(engine: Engine) -> Linker:
    linker = Linker(engine)
    linker.add_wasip2()
    linker.add_wasi_http()
    return linker


def origin(url: str) -> str:
    """Scheme, host and port, compared letter by letter: another spelling of an address is another address."""
    return "/".join(url.split("/", 3)[:3]).lower()


def to_wasm(value: Any) -> Any:
    if isinstance(value, dict):
        record = Record()
        vars(record).update({name.replace("_", "-"): to_wasm(field) for name, field in value.items()})
        return record
    return [to_wasm(item) for item in value] if isinstance(value, list) else value


def from_wasm(value: Any) -> Any:
    """Records as dicts, and a `result` that is a Variant as a pair: ("ok", …) or ("err", …)."""
    if isinstance(value, Record):
        return {name.replace("-", "_"): from_wasm(field) for name, field in vars(value).items()}
    if isinstance(value, Variant):
        return value.tag, from_wasm(value.payload)
    return [from_wasm(item) for item in value] if isinstance(value, list) else value


def answer(plugin: Plugin, name: str, args: tuple[Any, ...]) -> tuple[str, Any]:
    """wasmtime-py makes a `result` a Variant only where both sides are of one Python type, as a page and an error are. A session or a
    list it gives as it is, and so the error instead of one."""
    result = plugin.call(name, *args)
    if isinstance(result, Variant):
        return from_wasm(result)
    failed = name in ("open", "validate") and isinstance(result, Record)
    return "err" if failed else "ok", from_wasm(result)


def serve(pipe: Connection, path: str, base_url: str | None, methods: tuple[str, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the other process, which then ends this one.
    if sys.platform == "linux":  # Others have no such limit, or don't keep to it.
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MOST_DATA, MOST_DATA))
    plugin = None
    while True:
        try:
            name, args = pipe.recv()
        except EOFError:
            return  # Nobody is left to answer.
        try:
            plugin = plugin or Plugin(path, base_url, methods)
            pipe.send(answer(plugin, name, args))
        except Exception as trap:
            # The contract's errors are results. What isn't one ends this process: the plugin can't be called again.
            pipe.send(("trap", str(trap)))
            return
