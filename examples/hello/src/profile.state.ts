import { event, State, toast } from "antiphon/state";
import { z } from "zod";

const Message = z.object({
  subject: z.string().trim().min(1, "Say what it is about.").max(80),
  text: z.string().trim().min(10, "Write at least ten characters."),
});

export class ProfileState extends State {
  // What the browser may write, each with the schema that checks it. A transform gives the value its proper form.
  static override fields = {
    name: z.string().max(80, "At most 80 characters."),
    email: z.union([z.literal(""), z.email("This is not an e-mail address.")]),
    handle: z.string().transform(asHandle),
    about: z.string().max(2000),
    age: z.number().int().min(0).max(150).nullable(),
    newsletter: z.boolean(),
  };
  static override events = { save: event(), send: event({ args: [Message] }) };

  name = "";
  email = "";
  handle = "";
  about = "";
  age: number | null = null;
  newsletter = false;
  saved = 0;
  messages: { id: number; subject: string }[] = [];

  save() {
    if (this.name === "") return toast.warning("Tell us your name first.");
    this.saved++;
    return toast.success(`Saved, ${this.name}.`);
  }

  // The arguments have been checked when a handler runs.
  send(message: z.infer<typeof Message>) {
    this.messages.push({ id: this.messages.length + 1, subject: message.subject });
    return toast.success("Your message was sent.");
  }
}

function asHandle(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 30);
}
