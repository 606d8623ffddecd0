import { Link, useRouter, useServerState } from "antiphon/react";
import { Page } from "../layout.tsx";
import { RowsState } from "../rows.state.ts";

export function RowPage() {
  const { params } = useRouter();
  const rows = useServerState(RowsState);
  const row = rows.opened;
  return (
    <Page
      title={row?.name ?? "No such row"}
      lead={row ? "The same state as that of the table: change it here, and go back." : `There is no row ${params.id}.`}
    >
      {row && (
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
      )}
      <p className="links">
        {row && row.id > 1 && <Link href={`/rows/${row.id - 1}`}>← Row {row.id - 1}</Link>}
        <Link href="/rows">All rows</Link>
        {row && <Link href={`/rows/${row.id + 1}`}>Row {row.id + 1} →</Link>}
      </p>
    </Page>
  );
}
