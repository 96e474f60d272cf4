"""A small command line around connector.py; see README.md."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

from connector import Connector, ConnectorError

USAGE = """Usage: python main.py PLUGIN describe
       python main.py PLUGIN validate
       python main.py PLUGIN sync
       python main.py PLUGIN held KIND:ID
       python main.py PLUGIN grant ENTITLEMENT KIND:ID

The account and its credentials stand in the environment: CLOUDFLARE_ACCOUNT_ID, and CLOUDFLARE_API_TOKEN or CLOUDFLARE_EMAIL and
CLOUDFLARE_API_KEY; CLOUDFLARE_BASE_URL where the API isn't Cloudflare's own."""

ASKED_WRONGLY = ("invalid-settings", "invalid-argument", "invalid-cursor")
"""The kinds of error that exit code 2 stands for."""

HOLDS_JSON = ("profile", "extra", "details", "any_of", "all_of", "none_of")
"""The contract's fields that hold JSON as text."""


def credentials() -> tuple[str, list[tuple[str, str]]]:
    """The auth method and its settings. What the values have to look like, the connector says."""
    method, secrets = "api-key", {"email": "CLOUDFLARE_EMAIL", "api-key": "CLOUDFLARE_API_KEY"}
    if os.environ.get("CLOUDFLARE_API_TOKEN"):
        method, secrets = "api-token", {"api-token": "CLOUDFLARE_API_TOKEN"}
    variables = {"account-id": "CLOUDFLARE_ACCOUNT_ID", "base-url": "CLOUDFLARE_BASE_URL", **secrets}
    settings = [(name, os.environ.get(variable, "")) for name, variable in variables.items()]
    return method, [(name, value) for name, value in settings if value]


def to_json(value: Any, is_json: bool = False) -> str:
    """JSON within a record stays as it is: a number that Python rounds would come out as another."""
    if isinstance(value, dict):
        return "{" + ",".join(f'"{name}":{to_json(field, name in HOLDS_JSON)}' for name, field in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(to_json(item, is_json) for item in value) + "]"
    if not is_json:
        return json.dumps(value)
    json.loads(value)  # It is what it says it is, and begins no line of its own:
    return re.sub(r"[\t\r\n]", " ", value)


def line(record: dict[str, Any]) -> str:
    """A record's line, in ASCII: strangers choose names, and some characters do things to a terminal."""
    return re.sub(r"[^ -~]", lambda found: json.dumps(found[0])[1:-1], to_json(record)) + "\n"


def identified(grant: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A record for each grant, with its id: the connector gives those together that are alike but for their principals. A grant without
    alternatives holds always."""
    entitlement = grant["entitlement"]
    rest = {key: value for key, value in grant.items() if key not in ("entitlement", "principals")}
    rest["conditions"] = rest["conditions"] or None
    for principal in grant["principals"]:
        id = f"{entitlement}:{principal['kind']}:{principal['id']}"
        yield {"type": "grant", "id": id, "entitlement": entitlement, "principal": principal, **rest}


def resource_id(text: str) -> dict[str, str]:
    """What the command line writes as KIND:ID. An address can hold more colons."""
    kind, _, id = text.partition(":")
    return {"kind": kind, "id": id}


def printable(text: str) -> str:
    """Text that strangers had a part in, for a terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in text)


def describe(connector: Connector) -> bool:
    print(line(connector.call("describe")), end="")
    return True


def validate(connector: Connector) -> bool:
    validation = connector.call("validate")
    # These are read only by a host that names them, which `sync` doesn't do here.
    opt_in = [of["id"] for of in connector.call("describe")["resource_types"] if of["opt_in"]]
    for check in validation["checks"]:
        kind, error = check["resource_type"], check["read"]
        print(printable(f"failed {kind}: {error['message']}" if error else f"ok {kind}"))
        # A reader, and a resource type that can't be changed, say nothing of changes.
        if check["change"]:
            right, error = check["change"]
            print(printable(f"change {right} {kind}" + (f": {error['message']}" if error else "")))
    for warning in validation["warnings"]:
        print(printable(f"warning {warning['code']}: {warning['message']}"))
    return not any(check["read"] for check in validation["checks"] if check["resource_type"] not in opt_in)


def print_pages(page_at: Callable[[str | None], dict[str, Any]]) -> bool:
    """Prints the records of all pages. `page_at` gives the page at a cursor."""
    cursor = None
    while True:
        page = page_at(cursor)
        lines = [line({"type": "resource", **resource}) for resource in page["resources"]]
        lines += [line({"type": "entitlement", **entitlement}) for entitlement in page["entitlements"]]
        lines += [line(record) for grant in page["grants"] for record in identified(grant)]
        lines += [line({"type": "warning", **warning}) for warning in page["warnings"]]
        # A platform stores the page here, and then its cursor: a read goes on from a stored one, in another process too.
        print(*lines, sep="", end="", flush=True)
        cursor = page["next"]
        if cursor is None:
            return True


def sync(connector: Connector) -> bool:
    return print_pages(lambda cursor: connector.call("read", [], cursor))


def held(connector: Connector, who: str) -> bool:
    return print_pages(lambda cursor: connector.call("held", resource_id(who), cursor))


def grant(connector: Connector, entitlement: str, who: str) -> bool:
    change = {"operation": "grant", "entitlement": entitlement, "principal": resource_id(who)}
    report = connector.call("apply", [change], {"dry_run": False, "allow_gains": False, "extra": ""})
    for tag, outcome in report["results"]:
        if tag == "ok":
            outcome["added"] = [record for grant in outcome["added"] for record in identified(grant)]
        print(line({"type": "outcome" if tag == "ok" else "error", **change, **outcome}), end="")
    return all(tag == "ok" for tag, _ in report["results"])


COMMANDS: dict[str, tuple[Callable[..., bool], int]] = {
    "describe": (describe, 0),
    "validate": (validate, 0),
    "sync": (sync, 0),
    "held": (held, 1),
    "grant": (grant, 2),
}
"""What each command prints, giving whether all went well; and how many arguments it has."""


def main(path: str = "", name: str = "", *args: str) -> int:
    command, count = COMMANDS.get(name, (None, 0))
    if not command or len(args) != count:
        print(USAGE, file=sys.stderr)
        return 2
    methods = ("get", "put") if command is grant else ("get",)
    try:
        with Connector(path, os.environ.get("CLOUDFLARE_BASE_URL"), methods) as connector:
            if command is not describe:
                connector.call("open", *credentials())
            return 0 if command(connector, *args) else 1
    except ConnectorError as error:
        print(printable(str(error)), file=sys.stderr)
        return 2 if error.error["kind"] in ASKED_WRONGLY else 1
    except RuntimeError as error:
        print(printable(str(error)), file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Nobody is left to read, as in `… | head`; nor what is still to be written when this process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
