import { model, p } from "antiphon/models";

export class Tag extends model("Tag", { id: p.integer().primary(), name: p.string().length(50).unique() }) {}
