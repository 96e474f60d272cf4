import { useMemo, useState } from "preact/hooks";
import type { Review, Section } from "../data/review";
import { useApp } from "../frame/state";
import { Progress } from "../parts/decide";
import { usePaged } from "../parts/paged";
import { type Column, Table } from "../parts/table";
import { Empty, ResourceLink, Says, Tag, Title } from "../parts/text";
import { capital, count, number } from "../parts/words";

/** The resources of a part of the page, by name. */
export function thingsOf(review: Review, section: Section): number[] {
  const rows: number[] = [];
  for (let row = 0; row < review.resources; row++) if (review.sectionOf(row) === section) rows.push(row);
  const collator = new Intl.Collator("en", { numeric: true });
  const names = new Map(rows.map((row) => [row, review.name(row)]));
  return rows.sort((a, b) => collator.compare(names.get(a)!, names.get(b)!));
}

const WORDS: Record<
  Exclude<Section, "person">,
  { one: string; many: string; below: string; none: string }
> = {
  app: {
    one: "application",
    many: "applications",
    below: "Who can reach each of them, by which rule, and what their login has to show.",
    none: "The account has no applications.",
  },
  group: {
    one: "group",
    many: "groups",
    below: "Access groups: sets of people whom policies let in or keep out.",
    none: "The account has no groups.",
  },
  role: {
    one: "role",
    many: "roles and user groups",
    below: "What people may do in the Cloudflare account: roles, roles on a part of it, and user groups.",
    none: "The account has no roles.",
  },
  other: {
    one: "other",
    many: "policies, tokens and identity providers",
    below: "What decides about access, and the credentials of programs.",
    none: "The account has nothing else.",
  },
};

type Order = "name" | "most" | "open";
const kept = new Map<Section, Order>();

export function Things({ section }: { section: Exclude<Section, "person"> }) {
  const { review } = useApp();
  const [order, setOrder] = useState<Order>(kept.get(section) ?? "name");
  const things = useMemo(() => {
    const rows = thingsOf(review, section);
    const value = (row: number) => (order === "most" ? -grantsOn(review, row) : -openness(review, row));
    return order === "name" ? rows : rows.sort((a, b) => value(a) - value(b));
  }, [review, section, order]);
  const words = WORDS[section];
  const change = (order: Order) => {
    kept.set(section, order);
    setOrder(order);
  };
  return (
    <>
      <Title below={<p>{words.below}</p>}>
        {section === "other" ? capital(words.many) : count(things.length, words.one, words.many)}
      </Title>
      {things.length === 0 ? (
        <Empty>
          {review.isUnread(section)
            ? `${capital(words.many)} were not read, so nothing is known of them.`
            : words.none}
        </Empty>
      ) : (
        <>
          <div class="tools">
            <label>
              Order{" "}
              <select
                value={order}
                onChange={(event) => change((event.currentTarget as HTMLSelectElement).value as Order)}
              >
                <option value="name">by name</option>
                {section !== "other" && <option value="most">most grants first</option>}
                {section === "app" && <option value="open">most open first</option>}
              </select>
            </label>
          </div>
          <ThingTable label={capital(words.many)} rows={things} plain={section === "other"} />
        </>
      )}
    </>
  );
}

function grantsOn(review: Review, resource: number): number {
  return [...review.entitlementsOn(resource)].reduce(
    (sum, entitlement) => sum + review.grantsOn(entitlement),
    0,
  );
}

/** 2 for what is public, 1 for what admits whoever logs in. */
export function openness(review: Review, resource: number): number {
  let open = 0;
  for (const entitlement of review.entitlementsOn(resource)) {
    if (review.small("entitlement.public", entitlement) === 1) return 2;
    if (review.small("entitlement.anyone", entitlement) === 1) open = 1;
  }
  return open;
}

/** A table of things: what each is, who holds it, and how much of that is decided. */
export function ThingTable(props: { label: string; rows: ArrayLike<number>; plain?: boolean }) {
  const { review, indices, decisions } = useApp();
  const { rows, more } = usePaged(props.label, props.rows);
  const mixed = new Set(rows.map((row) => review.kind(row).id)).size > 1;
  const columns: Column<number>[] = [
    { title: "Name", cell: (row) => <ResourceLink resource={row} /> },
    {
      title: "What it is",
      class: "wide",
      cell: (row) => (
        <>
          <span class="tags">
            {mixed && <Tag>{review.kind(row).one}</Tag>}
            <Openness resource={row} />
          </span>
          <div class="small clamp">
            <Says resource={row} />
          </div>
        </>
      ),
    },
  ];
  if (!props.plain) {
    columns.push(
      {
        title: "Held by",
        class: "number",
        cell: (row) => {
          const of = [...review.entitlementsOn(row)];
          return indices ? number(of.reduce((sum, one) => sum + indices.owners[one]!, 0)) : "…";
        },
      },
      {
        title: "Decided",
        cell: (row) => {
          const all = grantsOn(review, row);
          if (all === 0) return <span class="muted">–</span>;
          const done = decisions.decided === 0 ? 0 : decisions.decidedOf(review.grantRowsOn(row));
          return <Progress done={done} all={all} short />;
        },
      },
    );
  }
  return (
    <>
      <Table label={props.label} columns={columns} rows={rows} keyOf={(row) => row} />
      {more}
    </>
  );
}

export function Openness({ resource }: { resource: number }) {
  const { review } = useApp();
  const open = openness(review, resource);
  if (open === 2) return <Tag tone="bad">public</Tag>;
  return open === 1 ? <Tag tone="warn">whoever logs in</Tag> : null;
}
