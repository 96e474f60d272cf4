import { STATUS } from "../data/format";
import { useApp } from "../frame/state";
import { LastLogin } from "../parts/login";
import { usePaged } from "../parts/paged";
import { type Column, Table } from "../parts/table";
import { ResourceLink, Tag, Text } from "../parts/text";
import { age, capital, date, shown } from "../parts/words";

/** A table of accounts, where a finding is about them. */
export function AccountTable({ label, rows: all }: { label: string; rows: ArrayLike<number> }) {
  const { review } = useApp();
  const { rows, more } = usePaged(label, all);
  const columns: Column<number>[] = [
    {
      title: "Account",
      cell: (row) => (
        <>
          <ResourceLink resource={row} />
          <div class="muted small">
            <Text>{review.text("resource.email", row) || review.text("resource.id", row)}</Text>
          </div>
        </>
      ),
    },
    {
      title: "Kind",
      cell: (row) => {
        const status = review.small("resource.status", row);
        return (
          <span class="tags">
            {capital(review.kind(row).one)}
            {status > 1 && <Tag tone="warn">{STATUS[status]}</Tag>}
          </span>
        );
      },
    },
    {
      title: "Since",
      cell: (row) => {
        const created = review.number("resource.created", row);
        if (created === 0) return <span class="muted">not known</span>;
        return (
          <span class="dated">
            {date(created)} <span class="muted small">{age(created, review.time)}</span>
          </span>
        );
      },
    },
    { title: "Last login", class: "login", cell: (row) => <LastLogin resource={row} /> },
  ];
  return (
    <>
      <Table label={shown(label)} columns={columns} rows={rows} keyOf={(row) => row} />
      {more}
    </>
  );
}
