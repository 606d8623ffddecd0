import { Form, useFormErrors, useServerState, useUser } from "antiphon/react";
import { Page } from "../layout.tsx";
import { NotesState } from "../notes.state.ts";

export function NotesPage() {
  const { notes, remove, clear } = useServerState(NotesState);
  const { isStaff } = useUser();
  return (
    <Page title="My notes" lead="Only you see them: the state behind this page is guarded as a whole.">
      <Form key={notes.length} state={NotesState} onSubmit="add" className="card" aria-label="New note" noValidate>
        <NewNote />
      </Form>
      <ul className="notes" aria-label="Notes">
        {notes.map((note) => (
          <li key={note.id} className="card">
            <h2>{note.title}</h2>
            {note.content && <p>{note.content}</p>}
            <p className="row">
              <time dateTime={note.createdAt}>{new Date(note.createdAt).toLocaleString()}</time>
              <button type="button" aria-label={`Remove ${note.title}`} onClick={() => remove(note.id)}>
                Remove
              </button>
            </p>
          </li>
        ))}
      </ul>
      {notes.length === 0 && <p>Nothing here yet.</p>}
      {isStaff && (
        <button type="button" onClick={() => clear()}>
          Remove everybody's notes
        </button>
      )}
    </Page>
  );
}

function NewNote() {
  const { fields, pending } = useFormErrors();
  return (
    <>
      <div className="labelled">
        <label htmlFor="title">Title</label>
        <input id="title" name="title" aria-invalid={fields.title !== undefined} aria-describedby="title-note" />
        <p id="title-note" className="note wrong" role={fields.title ? "alert" : undefined}>
          {fields.title}
        </p>
      </div>
      <div className="labelled">
        <label htmlFor="content">Text</label>
        <textarea id="content" name="content" rows={3} />
      </div>
      <button type="submit" className="main" aria-disabled={pending}>
        {pending ? "One moment…" : "Keep"}
      </button>
    </>
  );
}
