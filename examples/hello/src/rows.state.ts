import { event, notFound, State } from "antiphon/state";
import { z } from "zod";

export interface Row {
  id: number;
  name: string;
  amount: number;
}

const NAMES = ["Ada", "Alan", "Barbara", "Donald", "Edsger", "Grace", "John", "Katherine", "Margaret", "Tony"];

export class RowsState extends State {
  static override events = {
    open: event(),
    change: event({ args: [z.number()] }),
    changeAny: event(),
    append: event(),
    remove: event({ args: [z.number()] }),
    shuffle: event(),
    reverse: event(),
  };

  // Rows with an `id` are told apart by it: a change, a removal or another order is sent as just that.
  rows: Row[] = Array.from({ length: 1000 }, (_, index) => makeRow(index + 1));
  opened: Row | null = null;
  _nextId = 1001;

  open() {
    const row = this.rows.find(({ id }) => id === Number(this.router.params.id));
    if (!row) throw notFound();
    this.opened = row;
  }

  change(id: number) {
    const row = this.rows.find((one) => one.id === id);
    if (row) row.amount++;
    if (this.opened?.id === id) this.opened.amount++;
  }

  changeAny() {
    const row = this.rows[Math.floor(Math.random() * this.rows.length)];
    if (row) row.amount++;
  }

  append() {
    this.rows.push(makeRow(this._nextId++));
  }

  remove(id: number) {
    const index = this.rows.findIndex((row) => row.id === id);
    if (index >= 0) this.rows.splice(index, 1);
  }

  shuffle() {
    const places = new Map(this.rows.map((row) => [row.id, Math.random()]));
    this.rows.sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0));
  }

  reverse() {
    this.rows.reverse();
  }
}

function makeRow(id: number): Row {
  return { id, name: `${NAMES[id % NAMES.length]} ${id}`, amount: (id * 37) % 500 };
}
