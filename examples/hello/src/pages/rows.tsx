import { Link, useServerState } from "antiphon/react";
import { memo, useRef, useState } from "react";
import { Page } from "../layout.tsx";
import { type Row, RowsState } from "../rows.state.ts";

export function RowsPage() {
  const rows = useServerState(RowsState);
  const [query, setQuery] = useState("");
  const words = query.trim().toLowerCase();
  const shown = words === "" ? rows.rows : rows.rows.filter((row) => row.name.toLowerCase().includes(words));
  return (
    <Page
      title="A thousand rows"
      lead="A change of one row is sent as that one change, and renders that one row. The last column counts how often a row was rendered."
    >
      <div className="actions toolbar">
        <button type="button" className="main" onClick={rows.changeAny}>
          Change any
        </button>
        <button type="button" onClick={rows.append}>
          Append
        </button>
        <button type="button" onClick={rows.shuffle}>
          Shuffle
        </button>
        <button type="button" onClick={rows.reverse}>
          Reverse
        </button>
        <label className="search">
          <span>Filter</span>
          <input type="search" value={query} onChange={(event) => setQuery(event.target.value)} />
        </label>
        <span className="quiet" data-testid="shown">
          {shown.length} of {rows.rows.length}
        </span>
      </div>
      <div className="card table">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" className="number">
                Amount
              </th>
              <th scope="col">
                <span className="unseen">Actions</span>
              </th>
              <th scope="col" className="number">
                Renders
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <RowLine key={row.id} row={row} change={rows.change} remove={rows.remove} />
            ))}
          </tbody>
        </table>
      </div>
    </Page>
  );
}

interface RowLineProps {
  readonly row: Readonly<Row>;
  readonly change: (id: number) => void;
  readonly remove: (id: number) => void;
}

/** A row that did not change is the same object as before, and an event is always the same function: memo() is enough. */
const RowLine = memo(function RowLine({ row, change, remove }: RowLineProps) {
  const renders = useRef(0);
  renders.current++;
  return (
    <tr data-row={row.id}>
      <th scope="row">
        <Link href={`/rows/${row.id}`} prefetch={false}>
          {row.name}
        </Link>
      </th>
      <td className="number" data-testid="amount">
        {row.amount}
      </td>
      <td className="number">
        <button type="button" className="small" onClick={() => change(row.id)} aria-label={`Add one to ${row.name}`}>
          +1
        </button>{" "}
        <button type="button" className="small" onClick={() => remove(row.id)} aria-label={`Remove ${row.name}`}>
          ×
        </button>
      </td>
      <td className="number quiet" data-testid="renders">
        {renders.current}
      </td>
    </tr>
  );
});
