import { model, p } from "antiphon/models";

export class Entry extends model("Entry", { id: p.integer().primary(), n: p.integer() }) {}
