import { event, State } from "antiphon/state";

/** A page full of rows, about 125 kB as JSON. */
export class TableState extends State {
  static override events = { touch: event() };
  rows = Array.from({ length: 1_000 }, (_, index) => ({
    id: index + 1,
    title: `Row number ${index + 1}`,
    owner: `person-${index % 50}@example.com`,
    status: "open",
    amount: index * 7,
    note: "Nothing to say about this one yet.",
  }));

  touch(): void {
    const row = this.rows[500];
    if (row) row.amount++;
  }
}
