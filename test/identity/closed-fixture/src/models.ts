import { model, p } from "antiphon/models";

export class Note extends model("Note", { id: p.integer().primary() }) {}
