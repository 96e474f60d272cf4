"""Asks a SCIM service everything that scim2-tester asks, and prints a line of JSON for each check.

usage: SCIM_TOKEN=... check.py URL [--tags TAG,...] [--types NAME,...]

The tester makes up its values. A user's name has to be an address here, and only the schema's description
says so: this program gives the tester new addresses. It exits with 1 if a check failed.
"""

import argparse
import json
import os
import sys
import uuid

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server
from scim2_tester import filling

FAILED = {Status.ERROR, Status.CRITICAL, Status.DEVIATION}


def address() -> str:
    return f"{uuid.uuid4().hex}@people.example"


def name_people(fill):
    """Wraps the tester's choice of a value: a `userName` becomes an address."""

    def value_of(context, path, mutability=None, required=None):
        value = fill(context, path, mutability=mutability, required=required)
        return address() if value is not None and str(path).endswith("userName") else value

    return value_of


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("url")
    arguments.add_argument("--tags")
    arguments.add_argument("--types")
    asked = arguments.parse_args()
    listed = lambda names: names.split(",") if names else None
    filling.generate_random_value = name_people(filling.generate_random_value)
    headers = {"authorization": f"Bearer {os.environ['SCIM_TOKEN']}"}
    failed = 0
    with Client(base_url=asked.url, headers=headers, trust_env=False, timeout=60) as http:
        tags = listed(asked.tags)
        results = check_server(
            SyncSCIMClient(http),
            include_tags=set(tags) if tags else None,
            resource_types=listed(asked.types),
        )
    for result in results:
        failed += result.status in FAILED
        line = {
            "check": result.title,
            "type": result.resource_type,
            "status": result.status.name,
            "reason": result.reason,
        }
        if result.status in FAILED:
            line["data"] = repr(result.data)[:2000]
        print(json.dumps(line))
    return 1 if failed else 0


sys.exit(main())
