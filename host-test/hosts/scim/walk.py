"""Walks through a SCIM service as a program with scim2-client does, and prints what it found as JSON.

usage: SCIM_TOKEN=... walk.py URL GROUP

It learns the service's schemas, reads everybody by cursors and by numbers, puts the first two people into the
group with this name and takes the second one out, each time with the version that it has read, asks for the
group once more, which hasn't changed since, and asks for what the service refuses. The client checks each
request and each answer against the schemas.
"""

import json
import os
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import PatchOp, PatchOperation, SearchRequest

url, name = sys.argv[1:]
headers = {"authorization": f"Bearer {os.environ['SCIM_TOKEN']}"}
with Client(base_url=url, headers=headers, trust_env=False, timeout=60) as http:
    scim = SyncSCIMClient(http, raise_scim_errors=False)
    scim.discover()
    User, Group = (scim.get_resource_model(of) for of in ("User", "Group"))

    by_cursor, cursor = [], ""
    while cursor is not None:
        page = scim.query(User, query_parameters=SearchRequest(cursor=cursor, count=2))
        by_cursor += page.resources
        cursor = page.next_cursor

    by_number, total = [], None
    while total is None or len(by_number) < total:
        page = scim.search(SearchRequest(start_index=len(by_number) + 1, count=2, filter='meta.resourceType eq "User"'))
        by_number += page.resources
        total = page.total_results

    first, second = by_cursor[:2]
    [group] = scim.query(Group, query_parameters=SearchRequest(filter=f'displayName eq "{name}"')).resources

    def change(op, person):
        """Changes the group, and returns it as it is then, with its new version."""
        value = [Group.Members(value=person.id)]
        operation = PatchOperation(op=op, path="members", value=value)
        answer = scim.modify(group, PatchOp[Group](operations=[operation]))
        assert answer is None, answer
        return scim.query(Group, group.id)

    old = group
    for op, person in (("add", first), ("add", second), ("remove", second)):
        group = change(op, person)
    late = PatchOp[Group](operations=[PatchOperation(op="remove", path="members")])
    refused = {
        "late": scim.modify(old, late),
        "unknown attribute": scim.query(User, query_parameters=SearchRequest(filter='shoeSize eq "44"')),
        "nobody": scim.query(User, "bm9ib2R5QG5vd2hlcmUuZXhhbXBsZQ"),
    }
    print(
        json.dumps(
            {
                "by_cursor": [person.user_name for person in by_cursor],
                "by_number": [person.user_name for person in by_number],
                "unchanged": scim.query(group) is group,
                "members": [member.value for member in group.members or []],
                "refused": {what: [error.status, error.scim_type] for what, error in refused.items()},
            }
        )
    )
