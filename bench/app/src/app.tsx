import { createApp, useServerState } from "antiphon/react";
import { CounterState } from "./counter.state.ts";
import { TableState } from "./table.state.ts";

function Counter() {
  const counter = useServerState(CounterState);
  return (
    <button type="button" onClick={() => counter.increment()}>
      {counter.count}
    </button>
  );
}

function Table() {
  const table = useServerState(TableState);
  return (
    <ul>
      {table.rows.map((row) => (
        <li key={row.id}>{row.title}</li>
      ))}
    </ul>
  );
}

const app = createApp();
app.addPage(Counter, { route: "/" });
app.addPage(Table, { route: "/table" });
export default app;
