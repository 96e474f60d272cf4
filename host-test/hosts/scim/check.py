"""Asks a SCIM service everything that scim2-tester asks, and prints a line of JSON for each check.

usage: SCIM_TOKEN=... check.py URL [--tags TAG,...] [--types NAME,...]

The tester makes up its values. A user's name has to be an address here, and a role one that the account has,
and only the schema's descriptions say so: this program gives the tester new addresses, and the roles that the
service lists. It changes the tester in two more ways, where that wants what no schema can promise:

- The tester writes and removes each extension as a whole, because no schema says of a whole extension that
  it is read-only. Those of which every attribute is read-only are left out.
- The tester wants a value back just as it was sent. What a service adds by itself to an item of a list, such
  as the name of a member, is read-only in the schema, and isn't compared.

It exits with 1 if a check failed.
"""

import argparse
import json
import os
import random
import sys
import uuid

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import BaseModel, Extension, Mutability, Path
from scim2_tester import Status, check_server
from scim2_tester import filling
from scim2_tester.checkers import patch_add, patch_replace

FAILED = {Status.ERROR, Status.CRITICAL, Status.DEVIATION}


def address() -> str:
    return f"{uuid.uuid4().hex}@people.example"


def with_real_values(fill, roles):
    """Wraps the tester's choice of a value: a `userName` becomes an address, and roles become real ones."""

    def value_of(context, path, mutability=None, required=None):
        value = fill(context, path, mutability=mutability, required=required)
        if value is not None and str(path).endswith("userName"):
            return address()
        if str(path).endswith("roles.value"):
            # The role as a whole has it.
            return None
        if value is not None and str(path).endswith("roles") and roles:
            for item in value:
                role = random.choice(roles)
                item.value, item.ref = role["id"], role["meta"]["location"]
                item.display = role["displayName"]
        return value

    return value_of


def is_read_only(model, name) -> bool:
    return model.get_field_annotation(name, Mutability) == Mutability.read_only


def is_of_read_only_extension(path) -> bool:
    """Whether a path means a whole extension of which every attribute is read-only."""
    model = path.model if path.resolve() is None else path.resolve().target_type
    if not (isinstance(model, type) and issubclass(model, Extension)):
        return False
    return all(is_read_only(model, name) for name in model.model_fields if name != "schemas")


def leave_out_read_only_extensions(iter_paths):
    """Wraps the tester's choice of paths to write."""

    def paths(cls, *arguments, **filters):
        for path in iter_paths(cls, *arguments, **filters):
            if filters.get("mutability") is None or not is_of_read_only_extension(path):
                yield path

    return classmethod(paths)


def as_sent(value):
    """Returns a value without what its service alone sets."""
    if isinstance(value, list):
        return [as_sent(item) for item in value]
    if isinstance(value, BaseModel):
        names = [name for name in type(value).model_fields if not is_read_only(type(value), name)]
        return {name: as_sent(getattr(value, name)) for name in names}
    return value


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("url")
    arguments.add_argument("--tags")
    arguments.add_argument("--types")
    asked = arguments.parse_args()
    listed = lambda names: names.split(",") if names else None
    Path.iter_paths = leave_out_read_only_extensions(Path.iter_paths.__func__)
    for module in (patch_add, patch_replace):
        module.fields_equality = lambda sent, found: as_sent(sent) == as_sent(found)
    headers = {"authorization": f"Bearer {os.environ['SCIM_TOKEN']}"}
    failed = 0
    with Client(base_url=asked.url, headers=headers, trust_env=False, timeout=60) as http:
        roles = http.get("/Roles").raise_for_status().json()["Resources"]
        replaced = with_real_values(filling.generate_random_value, roles)
        filling.generate_random_value = replaced
        # The checks of PATCH have the function by its name.
        for checks in (patch_add, patch_replace):
            checks.generate_random_value = replaced
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
