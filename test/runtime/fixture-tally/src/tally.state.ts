import { event, on, redirect, State, toast } from "antiphon/state";
import { z } from "zod";

export class TallyState extends State {
  static override events = {
    add: event({ args: [z.number()] }),
    fail: event(),
    stream: event(),
    leave: event(),
    load: event(),
    chain: event(),
    where: event(),
    tick: event({ background: true }),
  };
  static override fields = { title: z.string().max(5) };
  count = 0;
  loads = 0;
  ticks = 0;
  title = "";
  text = "";
  at = new Date(0);
  _calls = 0;

  get double() {
    return this.count * 2;
  }
  add(by: number) {
    this._calls++;
    this.count += by;
  }
  fail() {
    this.count = 1000;
    this._calls = 1000;
    throw new Error("no such table");
  }
  async *stream() {
    for (const word of ["one ", "two ", "three"]) {
      this.text += word;
      yield;
    }
    return toast.success("done");
  }
  leave() {
    return redirect("/notes/7?tab=x");
  }
  load() {
    this.loads++;
    this.state(RelatedState).seen = this.loads;
  }
  chain() {
    return [on(TallyState, "add", 1), on(RelatedState, "note", "chained")];
  }
  where() {
    this.text = `${this.router.route} ${JSON.stringify(this.router.params)}`;
  }
  async tick() {
    await this.update(() => {
      this.ticks++;
    });
  }
}

export class RelatedState extends State {
  static override events = { note: event({ args: [z.string()] }) };
  seen = 0;
  notes: string[] = [];
  note(text: string) {
    this.notes.push(text);
  }
}
