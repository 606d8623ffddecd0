import { atomic, currentDatabase, entityManager, objects } from "antiphon/models";
import { event, on, State } from "antiphon/state";
import { z } from "zod";
import { Entry } from "./models.ts";
import { goesOn, release } from "./until-released.ts";

const MANY = 20_000;

export class BusyState extends State {
  static override events = {
    steps: event(),
    asyncSteps: event(),
    updates: event({ background: true }),
    refusedUpdates: event({ background: true }),
    updatesOfItsOwn: event(),
    updatesInUpdate: event({ background: true }),
    parallelUpdates: event({ concurrency: "parallel" }),
    chain: event(),
    nothing: event(),
    reads: event(),
    writes: event(),
    writesAtOnce: event(),
    managed: event(),
    raw: event(),
    inTransaction: event(),
    spins: event({ args: [z.number()] }),
  };
  count = 0;
  ended = "";

  *steps() {
    for (const begun = performance.now(); goesOn(begun); this.count++) yield;
    this.ended = "steps";
  }
  async *asyncSteps() {
    for (const begun = performance.now(); goesOn(begun); this.count++) yield;
    this.ended = "asyncSteps";
  }
  async updates() {
    for (const begun = performance.now(); goesOn(begun); ) {
      await this.update(() => {
        this.count++;
      });
    }
    await this.update(() => this.end("updates"));
  }
  async refusedUpdates() {
    for (const begun = performance.now(); goesOn(begun); ) {
      await this.update(() => Promise.reject(new Error("never"))).catch(() => {});
    }
    await this.update(() => this.end("refusedUpdates"));
  }
  async updatesOfItsOwn() {
    for (const begun = performance.now(); goesOn(begun); ) {
      await this.update(() => {
        this.count++;
      });
    }
    this.end("updatesOfItsOwn");
  }
  async updatesInUpdate() {
    await this.update(async () => {
      for (const begun = performance.now(); goesOn(begun); ) {
        await this.update(() => {
          this.count++;
        });
      }
      this.end("updatesInUpdate");
    });
  }
  async parallelUpdates() {
    await this.updates();
    await this.update(() => this.end("parallelUpdates"));
  }
  *chain() {
    for (const begun = performance.now(); goesOn(begun); ) yield Array.from({ length: MANY }, () => on(BusyState, "nothing"));
    this.end("chain");
  }
  nothing() {
    this.count++;
  }
  async reads() {
    for (const begun = performance.now(); goesOn(begun); ) await objects(Entry).filter({ n: 1 }).rows();
    this.end("reads");
  }
  async writes() {
    for (const begun = performance.now(); goesOn(begun); ) await objects(Entry).create({ n: 1 });
    this.end("writes");
  }
  async writesAtOnce() {
    const begun = performance.now();
    while (goesOn(begun)) {
      await Promise.all(
        Array.from({ length: MANY }, async () => {
          if (goesOn(begun)) await currentDatabase().execute("insert into entry (n) values (?)", [2]);
        }),
      );
    }
    this.end("writesAtOnce");
  }
  async managed() {
    for (const begun = performance.now(); goesOn(begun); ) {
      entityManager().create(Entry, { n: 3 } as never);
      await entityManager().flush();
      entityManager().clear();
    }
    this.end("managed");
  }
  async raw() {
    for (const begun = performance.now(); goesOn(begun); ) await currentDatabase().execute("select 1");
    this.end("raw");
  }
  async inTransaction() {
    await atomic(async () => {
      for (const begun = performance.now(); goesOn(begun); ) {
        await currentDatabase().execute("insert into entry (n) values (?)", [4]);
      }
    });
    this.end("inTransaction");
  }
  async spins(milliseconds: number) {
    for (const end = performance.now() + milliseconds; performance.now() < end; ) await null;
  }
  end(name: string) {
    this.ended = name;
  }
}

export class OtherState extends State {
  static override events = { release: event() };
  done = false;
  release() {
    release();
    this.done = true;
  }
}
