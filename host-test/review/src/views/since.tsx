import { grouped } from "../data/review";
import { useApp } from "../frame/state";
import { usePaged } from "../parts/paged";
import { type Column, Table } from "../parts/table";
import { Empty, Part, ResourceLink, Text, Title } from "../parts/text";
import { Decide } from "../parts/decide";
import { moment, number } from "../parts/words";

const PARTS = [
  [1, "Gained", "Nobody gained anything."],
  [2, "Lost", "Nobody lost anything."],
  [3, "Held for another reason", "Nothing is held for another reason."],
] as const;

/** The differences from an earlier review. */
export function SinceTheLast() {
  const { review } = useApp();
  const { since } = review.head;
  if (!since) {
    return (
      <>
        <Title>Since the last review</Title>
        <Empty>
          This review was made without an earlier one. Give one to see what was gained and lost:{" "}
          <code>host-test review --since earlier.html --output review.html</code>
        </Empty>
      </>
    );
  }
  const byKind = grouped(Uint32Array.from(review.columns.small("change.kind")), 4);
  return (
    <>
      <Title
        below={
          <>
            <p class="lead">
              Compared with <Text>{since.name}</Text> of {moment(since.time)}: {number(since.gained)} gained,{" "}
              {number(since.lost)} lost, {number(since.other)} held for another reason.
            </p>
            {since.digest && (
              <p class="small muted">
                Digest of the earlier data: <code class="id digest">{since.digest}</code>
              </p>
            )}
          </>
        }
      >
        Since the last review
      </Title>
      {since.notes.length > 0 && (
        <div class="notice">
          <p>Not all of it could be compared:</p>
          <ul>
            {since.notes.map((note) => (
              <li key={note}>
                <Text>{note}</Text>
              </li>
            ))}
          </ul>
        </div>
      )}
      {PARTS.map(([kind, title, none]) => {
        const rows = byKind.rows.subarray(byKind.starts[kind]!, byKind.starts[kind + 1]!);
        return (
          <Part title={`${title} (${number(rows.length)})`} key={kind}>
            {rows.length ? <Changes kind={kind} label={title} rows={rows} /> : <Empty>{none}</Empty>}
          </Part>
        );
      })}
    </>
  );
}

function Changes({ kind, label, rows: all }: { kind: 1 | 2 | 3; label: string; rows: Uint32Array }) {
  const { review } = useApp();
  const { rows, more } = usePaged(label, all);
  const grant = (row: number) => review.number("change.grant", row) - 1;
  const text = (column: string) => (row: number) => <Text>{review.text(`change.${column}`, row)}</Text>;
  const columns: Column<number>[] = [
    {
      title: "Who",
      cell: (row) => (
        <>
          {grant(row) >= 0 ? (
            <ResourceLink resource={review.grantPrincipal[grant(row)]!} />
          ) : (
            text("person")(row)
          )}
          <div class="muted small id">{text("account")(row)}</div>
        </>
      ),
    },
    {
      title: "What",
      cell: (row) =>
        grant(row) >= 0 ? <ResourceLink resource={review.onOf(grant(row))} /> : text("on")(row),
    },
  ];
  if (kind !== 1) columns.push({ title: "Why before", cell: text("before") });
  if (kind !== 2) {
    columns.push({ title: "Why now", cell: text("after") });
    columns.push({
      title: "Decision",
      class: "decision",
      cell: (row) => (grant(row) >= 0 ? <Decide grants={[grant(row)]} /> : null),
    });
  }
  return (
    <>
      <Table label={label} columns={columns} rows={rows} keyOf={(row) => row} />
      {more}
    </>
  );
}
