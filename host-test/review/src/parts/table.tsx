import type { ComponentChildren } from "preact";

/** A column of a table: its heading, and what it shows of a row. */
export interface Column<T> {
  title: string;
  class?: string;
  cell: (row: T) => ComponentChildren;
}

/**
 * A table that becomes cards on a small screen. The roles are written out, since a browser forgets those of a
 * table that is shown in another way.
 */
export function Table<T>(props: {
  label: string;
  columns: Column<T>[];
  rows: T[];
  keyOf: (row: T) => string | number;
}) {
  const { columns, rows } = props;
  return (
    <table role="table" aria-label={props.label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th role="columnheader" scope="col" class={column.class} key={column.title}>
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr role="row" key={props.keyOf(row)}>
            {columns.map((column, i) =>
              i === 0 ? (
                <th role="rowheader" scope="row" class={column.class} key={column.title}>
                  {column.cell(row)}
                </th>
              ) : (
                <td role="cell" class={column.class} data-title={column.title} key={column.title}>
                  {column.cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
