import { Form, useField, useFormat, useI18n, useServerState } from "antiphon/react";
import { Page } from "../layout.tsx";
import { NotesViewState } from "../notes-view.state.ts";

/** The page of `ModelCRUDView`: inputs written by hand, and members named after the model. */
export function NotesViewPage() {
  const { t } = useI18n();
  return (
    <Page title={t("Notes as a table")} lead={t("The same notes over a serializer, with a form written by hand.")}>
      <NoteForm />
      <NoteTable />
    </Page>
  );
}

function NoteForm() {
  const { t } = useI18n();
  const { editingId, notesError, notesFieldErrors, cancelEdit } = useServerState(NotesViewState);
  const title = useField(NotesViewState, "title");
  const content = useField(NotesViewState, "content");
  const heading = editingId === null ? t("New note") : t("Edit note");
  return (
    <Form state={NotesViewState} onSubmit="saveNote" className="card" aria-label={heading} noValidate>
      <h2>{heading}</h2>
      {notesError && (
        <p role="alert" className="wrong">
          {notesError}
        </p>
      )}
      <div className="labelled">
        <label htmlFor="title">{t("Title")}</label>
        <input
          id="title"
          {...title.input}
          aria-invalid={notesFieldErrors.title !== undefined}
          aria-describedby="title-note"
        />
        <p id="title-note" className="note wrong">
          {notesFieldErrors.title}
        </p>
      </div>
      <div className="labelled">
        <label htmlFor="content">{t("Text")}</label>
        <textarea
          id="content"
          rows={3}
          {...content.input}
          aria-invalid={notesFieldErrors.content !== undefined}
          aria-describedby="content-note"
        />
        <p id="content-note" className="note wrong">
          {notesFieldErrors.content}
        </p>
      </div>
      <p className="row">
        <button type="submit" className="main">
          {t("Save")}
        </button>
        <button type="button" onClick={() => cancelEdit()}>
          {t("Cancel")}
        </button>
      </p>
    </Form>
  );
}

function NoteTable() {
  const { t } = useI18n();
  const view = useServerState(NotesViewState);
  const search = useField(NotesViewState, "notesSearch");
  return (
    <section className="list" aria-label={t("Notes")}>
      <search className="toolbar row">
        <input {...search.input} type="search" aria-label={t("Search")} placeholder={t("Search")} />
        <button type="button" onClick={() => view.clearNotesSearch()}>
          {t("Clear")}
        </button>
      </search>
      <div className="card table">
        <table>
          <thead>
            <tr>
              <SortHeader field="title" label={t("Title")} />
              <th scope="col" className="number">
                {t("Words")}
              </th>
              <SortHeader field="createdAt" label={t("Created")} />
              <th scope="col">
                <span className="unseen">{t("Actions")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {view.notes.map((note) => (
              <NoteRow key={note.id} note={note} />
            ))}
          </tbody>
        </table>
      </div>
      {view.notes.length === 0 && <p>{t("No note matches your search.")}</p>}
      <nav className="row pager" aria-label={t("Pages of the list")}>
        <button type="button" aria-disabled={!view.hasPrevPage} onClick={() => view.prevPage()}>
          {t("Previous")}
        </button>
        <span role="status">
          {t("Page {{page}} of {{pageCount}}", { page: view.page, pageCount: view.notesPageCount })} ·{" "}
          {t("{{count}} notes", { count: view.notesTotalCount })}
        </span>
        <button type="button" aria-disabled={!view.hasNextPage} onClick={() => view.nextPage()}>
          {t("Next")}
        </button>
      </nav>
    </section>
  );
}

/** The heading of a column by which the table can be sorted. */
function SortHeader({ field, label }: { readonly field: "title" | "createdAt"; readonly label: string }) {
  const { notesOrdering, setNotesOrdering } = useServerState(NotesViewState);
  const isSorted = notesOrdering.replace("-", "") === field;
  const isDescending = isSorted && notesOrdering.startsWith("-");
  return (
    <th scope="col" aria-sort={isSorted ? (isDescending ? "descending" : "ascending") : undefined}>
      <button
        type="button"
        className="plain small"
        onClick={() => setNotesOrdering(isSorted && !isDescending ? `-${field}` : field)}
      >
        {label} <span aria-hidden="true">{isSorted ? (isDescending ? "▾" : "▴") : ""}</span>
      </button>
    </th>
  );
}

interface NoteRowProps {
  readonly note: { readonly id: number; readonly title: string; readonly words: number; readonly createdAt: string };
}

function NoteRow({ note: { id, title, words, createdAt } }: NoteRowProps) {
  const { t } = useI18n();
  const format = useFormat();
  const { startEdit, deleteNote } = useServerState(NotesViewState);
  return (
    <tr>
      <th scope="row">{title}</th>
      <td className="number">{format.number(words)}</td>
      <td>
        <time dateTime={createdAt}>{format.date(createdAt)}</time>
      </td>
      <td>
        <button
          type="button"
          className="small"
          aria-label={t("Edit {{title}}", { title })}
          onClick={() => startEdit(id)}
        >
          {t("Edit")}
        </button>{" "}
        <button
          type="button"
          className="small danger"
          aria-label={t("Delete {{title}}", { title })}
          onClick={() => window.confirm(t("Delete {{title}}?", { title })) && deleteNote(id)}
        >
          {t("Delete")}
        </button>
      </td>
    </tr>
  );
}
