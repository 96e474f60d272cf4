import { useMemo, useState } from "preact/hooks";
import { rowsOf } from "../data/indices";
import { byName } from "../data/order";
import { useApp } from "../frame/state";
import { Progress } from "../parts/decide";
import { Login } from "../parts/login";
import { usePaged } from "../parts/paged";
import { type Column, Table } from "../parts/table";
import { PersonLink, Tag, Text, Title } from "../parts/text";
import { count, number } from "../parts/words";

type Order = "name" | "most" | "oldest" | "latest";

/** The state in which the reader left the list. */
let kept: Order = "name";

export function People() {
  const { review, indices } = useApp();
  const [order, setOrder] = useState<Order>(kept);
  const rows = useMemo(() => {
    const rows = [...byName(review)];
    const held = (person: number) => (indices ? rowsOf(indices.byOwner, person).length : 0);
    const by = (value: (person: number) => number) => {
      const values = new Map(rows.map((person) => [person, value(person)]));
      return rows.sort((a, b) => values.get(a)! - values.get(b)!);
    };
    if (order === "most") return by((person) => -held(person));
    if (order === "oldest") return by((person) => review.lastLogin(person) || Infinity);
    if (order === "latest") return by((person) => -(review.lastLogin(person) || 0));
    return rows;
  }, [review, indices, order]);
  return (
    <>
      <Title
        below={
          <p>
            Accounts with the same address are one person: a user who logs in to applications, a member who
            manages the account, or an address that a rule names and that has no account.
          </p>
        }
      >
        {count(review.people, "person", "people")}
      </Title>
      <div class="tools">
        <label>
          Order{" "}
          <select
            value={order}
            onChange={(event) => setOrder((kept = (event.currentTarget as HTMLSelectElement).value as Order))}
          >
            <option value="name">by name</option>
            <option value="most">most grants first</option>
            <option value="oldest">oldest last login first</option>
            <option value="latest">latest login first</option>
          </select>
        </label>
      </div>
      <PeopleTable label="People" rows={rows} />
    </>
  );
}

/** A table of people: their accounts, last login, and how much they hold. */
export function PeopleTable({ label, rows: all }: { label: string; rows: ArrayLike<number> }) {
  const { review, indices, decisions } = useApp();
  const { rows, more } = usePaged(label, all);
  const columns: Column<number>[] = [
    { title: "Person", cell: (person) => <PersonCell person={person} /> },
    {
      title: "Accounts",
      cell: (person) => (
        <span class="tags">
          {[...new Set([...review.accountsOf(person)].map((account) => review.kind(account).one))].map(
            (kind) => (
              <Tag key={kind}>{kind}</Tag>
            ),
          )}
          {[...review.accountsOf(person)].some(
            (account) => review.small("resource.status", account) === 2,
          ) && <Tag tone="warn">disabled</Tag>}
        </span>
      ),
    },
    { title: "Last login", class: "login", cell: (person) => <Login time={review.lastLogin(person)} /> },
    {
      title: "Holds",
      class: "number",
      cell: (person) => (indices ? number(rowsOf(indices.byOwner, person).length) : "…"),
    },
    {
      title: "Decided",
      cell: (person) => {
        const held = indices ? rowsOf(indices.byOwner, person) : [];
        return held.length ? (
          <Progress done={decisions.decidedOf(held)} all={held.length} short />
        ) : (
          <span class="muted">–</span>
        );
      },
    },
  ];
  return (
    <>
      <Table label={label} columns={columns} rows={rows} keyOf={(person) => person} />
      {more}
    </>
  );
}

function PersonCell({ person }: { person: number }) {
  const { review } = useApp();
  const address = review.text("person.address", person);
  return (
    <>
      <PersonLink person={person} />
      {address && address !== review.personName(person) && (
        <div class="muted small">
          <Text>{address}</Text>
        </div>
      )}
    </>
  );
}
