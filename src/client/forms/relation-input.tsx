import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTexts } from "../hooks/use-texts.ts";
import { type FieldChoice, keysOf, type ModelFieldView } from "./use-model-field.ts";

/** Milliseconds of quiet after which the server is asked for rows. */
const PAUSE = 200;

interface RelationInputProps {
  readonly field: ModelFieldView<unknown>;
}

/**
 * A text input that finds the rows of a relation on the server: a combobox as assistive technology knows it. Arrow keys move
 * through the rows, Enter chooses one, Escape closes the list and restores what was chosen.
 *
 * Enter and leaving the input take the row that matches the text. If none does, or several do, leaving the input empties it
 * with a message: the form must not save a choice that the user has replaced.
 */
export function RelationInput({ field }: RelationInputProps) {
  const { control, input, label, choices } = field;
  const isMany = control === "relations";
  const keys = keysOf(field.value);
  const chosen = keys.map((key) => choices.find(({ value }) => value === key) ?? { value: key, label: key });
  const texts = useTexts();
  const box = useRef<HTMLInputElement>(null);
  const search = useOptionSearch({
    field,
    chosen,
    isMany,
    choose({ value }) {
      if (!isMany) field.set(value);
      else if (!keys.includes(value)) field.set([...keys, value]);
    },
    clear: () => (isMany ? undefined : field.set(null)),
  });
  const isWrong = search.unmatched !== undefined || undefined;
  const remove = (key: string) => {
    field.set(keys.filter((each) => each !== key));
    box.current?.focus();
  };
  return (
    <div className="model-relation">
      {isMany && chosen.length > 0 && (
        <ul className="model-chosen" aria-label={label}>
          {chosen.map(({ value, label: name }) => (
            <li key={value}>
              {name}{" "}
              <button type="button" aria-label={texts("Remove {{name}}", { name })} onClick={() => remove(value)}>
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <input
        ref={box}
        id={input.id}
        type="text"
        role="combobox"
        autoComplete="off"
        aria-autocomplete="list"
        aria-expanded={search.isOpen}
        aria-controls={search.listId}
        aria-activedescendant={search.active && search.optionId(search.active)}
        aria-describedby={
          [input["aria-describedby"], isWrong && search.statusId].filter(Boolean).join(" ") || undefined
        }
        aria-invalid={isWrong ?? input["aria-invalid"]}
        aria-required={field.required || undefined}
        value={search.text ?? (isMany ? "" : (chosen[0]?.label ?? ""))}
        onFocus={input.onFocus}
        onBlur={() => {
          // Another window has the focus: the user comes back to the same input.
          if (document.activeElement !== box.current) search.leave();
          input.onBlur();
        }}
        onClick={() => search.open()}
        onChange={({ currentTarget: { value } }) => {
          search.find(value);
          // An emptied input names no row.
          if (value === "" && !isMany) field.set(null);
        }}
        onKeyDown={search.onKeyDown}
      />
      <Options search={search} label={label} />
      {/* A form finds the field by these, and sends them. The disabled one has no value. */}
      <input type="hidden" name={input.name} disabled />
      {keys.map((key) => (
        <input key={key} type="hidden" name={input.name} value={key} />
      ))}
    </div>
  );
}

interface OptionsProps {
  readonly search: OptionSearch;
  readonly label: string;
}

function Options({ search, label }: OptionsProps) {
  const texts = useTexts();
  const { isOpen, isLoaded, options, active, unmatched } = search;
  const isEmpty = isOpen && isLoaded && options.length === 0;
  return (
    <>
      {isOpen && (
        <div id={search.listId} role="listbox" aria-label={label} className="model-options">
          {options.map((option) => (
            // The input has the focus, and its keys choose.
            // biome-ignore lint/a11y/useKeyWithClickEvents: keys belong to the combobox
            // biome-ignore lint/a11y/useFocusableInteractive: the combobox names it as its active descendant
            <div
              key={option.value}
              id={search.optionId(option)}
              role="option"
              aria-selected={option === active}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => search.take(option)}
            >
              {option.label}
            </div>
          ))}
        </div>
      )}
      <span id={search.statusId} role="status" className="model-none">
        {unmatched !== undefined
          ? texts('"{{text}}" matches no single entry. Choose one from the list.', { text: unmatched })
          : isEmpty && texts("Nothing found.")}
      </span>
    </>
  );
}

type OptionSearch = ReturnType<typeof useOptionSearch>;

interface OptionSearchParts {
  readonly field: ModelFieldView<unknown>;
  readonly chosen: readonly FieldChoice[];
  readonly isMany: boolean;
  readonly choose: (choice: FieldChoice) => void;
  readonly clear: () => void;
}

/** The text, the list and the marked option of a search. */
function useOptionSearch({ field, chosen, isMany, choose, clear }: OptionSearchParts) {
  const [text, setText] = useState<string | undefined>(undefined);
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  // The text that left the input without a matching row.
  const [unmatched, setUnmatched] = useState<string | undefined>(undefined);
  // The key or the blur whose text waits for its rows.
  const [settling, setSettling] = useState<"enter" | "leave" | undefined>(undefined);
  const { isLoaded, load, loadSoon, forget } = useOptionLoad(field);
  const listId = `${field.input.id}-list`;
  const isChosen = ({ value }: FieldChoice) => chosen.some((one) => one.value === value);
  const isFound = ({ label }: FieldChoice) => label.toLowerCase().includes((text ?? "").trim().toLowerCase());
  // What is chosen stays among the rows of the server, whatever was searched for.
  const options = field.choices.filter((choice) => !isChosen(choice) || (!isMany && isFound(choice)));
  const show = () => {
    setOpen(true);
    setAt(-1);
    setSettling(undefined);
    setUnmatched(undefined);
  };
  const open = () => {
    if (isOpen) return;
    show();
    load("");
  };
  const close = () => {
    forget();
    setOpen(false);
    setText(undefined);
    setSettling(undefined);
  };
  const take = (choice: FieldChoice) => {
    close();
    choose(choice);
  };
  const settle = (by: "enter" | "leave") => {
    if (text === undefined || text.trim() === "") return close();
    if (by === "leave") setOpen(false);
    if (!isLoaded) load(text);
    setSettling(by);
  };
  useEffect(() => {
    if (settling === undefined || text === undefined || !isLoaded) return;
    const match = matchOf(text, options, isMany ? chosen : []);
    setSettling(undefined);
    if (match !== undefined) return take(match);
    if (settling === "enter") return;
    close();
    clear();
    setUnmatched(text.trim());
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a form that is opened again holds nothing of the one before
  useEffect(() => {
    close();
    setUnmatched(undefined);
  }, [field.formKey]);
  const move = (step: 1 | -1) => {
    if (!isOpen) return open();
    if (options.length > 0) setAt((at + step + options.length + (at === -1 && step === -1 ? 1 : 0)) % options.length);
  };
  return {
    text,
    isOpen,
    isLoaded,
    options,
    unmatched,
    active: isOpen ? options[at] : undefined,
    listId,
    statusId: `${listId}-status`,
    optionId: ({ value }: FieldChoice) => `${listId}-${value}`,
    open,
    take,
    leave: () => settle("leave"),
    find(wanted: string) {
      setText(wanted);
      show();
      loadSoon(wanted);
    },
    onKeyDown(event: KeyboardEvent) {
      const option = isOpen ? options[at] : undefined;
      if (event.nativeEvent.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
      else if (event.key === "Enter" && option) take(option);
      else if (event.key === "Enter" && isOpen) settle("enter");
      else if (event.key === "Escape" && isOpen) close();
      else return;
      event.preventDefault();
    },
  };
}

/** Loads rows by a text, and tells whether those of the newest text are there. */
function useOptionLoad(field: ModelFieldView<unknown>) {
  const [isLoaded, setLoaded] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const newest = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const forget = () => {
    clearTimeout(timer.current);
    newest.current++;
  };
  const load = async (wanted: string) => {
    forget();
    const own = newest.current;
    setLoaded(false);
    await field.search(wanted);
    if (own === newest.current) setLoaded(true);
  };
  return {
    isLoaded,
    forget,
    load: (wanted: string) => void load(wanted),
    loadSoon(wanted: string) {
      forget();
      setLoaded(false);
      timer.current = setTimeout(() => void load(wanted), PAUSE);
    },
  };
}

/** The one row that a text means: the one with this label, or the only one that was found. */
function matchOf(
  text: string,
  options: readonly FieldChoice[],
  chosen: readonly FieldChoice[],
): FieldChoice | undefined {
  const wanted = text.trim().toLowerCase();
  const named = [...options, ...chosen].filter(({ label }) => label.trim().toLowerCase() === wanted);
  const matches = named.length > 0 ? named : options;
  return matches.length === 1 ? matches[0] : undefined;
}
