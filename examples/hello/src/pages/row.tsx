import { Link, useServerState } from "antiphon/react";
import { Page } from "../layout.tsx";
import { RowsState } from "../rows.state.ts";

export function RowPage() {
  const rows = useServerState(RowsState);
  const row = rows.opened;
  // `onLoad` throws notFound() for a row that does not exist.
  if (!row) return null;
  return (
    <Page title={row.name} lead="The same state as that of the table: change it here, and go back.">
      <section className="card counter" aria-label="Row">
        <output className="big" data-testid="amount">
          {row.amount}
        </output>
        <div className="actions">
          <button type="button" className="main" onClick={() => rows.change(row.id)}>
            +1
          </button>
        </div>
      </section>
      <p className="links">
        {row.id > 1 && <Link href={`/rows/${row.id - 1}`}>← Row {row.id - 1}</Link>}
        <Link href="/rows">All rows</Link>
        <Link href={`/rows/${row.id + 1}`}>Row {row.id + 1} →</Link>
      </p>
    </Page>
  );
}
