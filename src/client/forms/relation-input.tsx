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
 * through the rows, Enter chooses one, Escape closes the list.
 */
export function RelationInput({ field }: RelationInputProps) {
  const { control, input, label, choices } = field;
  const isMany = control === "relations";
  const keys = keysOf(field.value);
  const chosen = keys.map((key) => choices.find(({ value }) => value === key) ?? { value: key, label: key });
  const texts = useTexts();
  const box = useRef<HTMLInputElement>(null);
  const search = useOptionSearch(field, chosen, isMany);
  const choose = (choice: FieldChoice) => {
    search.close();
    field.set(isMany ? [...keys, choice.value] : choice.value);
  };
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
        aria-describedby={input["aria-describedby"]}
        aria-invalid={input["aria-invalid"]}
        aria-required={field.required || undefined}
        value={search.text ?? (isMany ? "" : (chosen[0]?.label ?? ""))}
        onFocus={input.onFocus}
        onBlur={() => {
          search.close();
          input.onBlur();
        }}
        onClick={() => search.open()}
        onChange={({ currentTarget: { value } }) => {
          search.find(value);
          // An emptied input names no row.
          if (value === "" && !isMany) field.set(null);
        }}
        onKeyDown={(event) => search.onKeyDown(event, choose)}
      />
      <Options search={search} label={label} choose={choose} />
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
  readonly choose: (choice: FieldChoice) => void;
}

function Options({ search, label, choose }: OptionsProps) {
  const texts = useTexts();
  const { isOpen, isLoaded, options, active } = search;
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
              onClick={() => choose(option)}
            >
              {option.label}
            </div>
          ))}
        </div>
      )}
      <span role="status" className="model-none">
        {isOpen && isLoaded && options.length === 0 ? texts("Nothing found.") : ""}
      </span>
    </>
  );
}

type OptionSearch = ReturnType<typeof useOptionSearch>;

/** The text, the list and the marked option of a search. */
function useOptionSearch(field: ModelFieldView<unknown>, chosen: readonly FieldChoice[], isMany: boolean) {
  const [text, setText] = useState<string | undefined>(undefined);
  const [isOpen, setOpen] = useState(false);
  const [isLoaded, setLoaded] = useState(false);
  const [at, setAt] = useState(-1);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const listId = `${field.input.id}-list`;
  const isChosen = ({ value }: FieldChoice) => chosen.some((one) => one.value === value);
  const isFound = ({ label }: FieldChoice) => label.toLowerCase().includes((text ?? "").trim().toLowerCase());
  // What is chosen stays among the rows of the server, whatever was searched for.
  const options = field.choices.filter((choice) => !isChosen(choice) || (!isMany && isFound(choice)));
  const load = async (wanted: string) => {
    await field.search(wanted);
    setLoaded(true);
  };
  const show = () => {
    setOpen(true);
    setLoaded(false);
    setAt(-1);
  };
  const open = () => {
    if (isOpen) return;
    show();
    void load("");
  };
  const close = () => {
    clearTimeout(timer.current);
    setOpen(false);
    setText(undefined);
  };
  const move = (step: 1 | -1) => {
    if (!isOpen) return open();
    if (options.length > 0) setAt((at + step + options.length + (at === -1 && step === -1 ? 1 : 0)) % options.length);
  };
  return {
    text,
    isOpen,
    isLoaded,
    options,
    active: isOpen ? options[at] : undefined,
    listId,
    optionId: ({ value }: FieldChoice) => `${listId}-${value}`,
    open,
    close,
    find(wanted: string) {
      setText(wanted);
      show();
      clearTimeout(timer.current);
      timer.current = setTimeout(() => void load(wanted), PAUSE);
    },
    onKeyDown(event: KeyboardEvent, choose: (choice: FieldChoice) => void) {
      const option = isOpen ? options[at] : undefined;
      if (event.nativeEvent.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
      else if (event.key === "Enter" && option) choose(option);
      else if (event.key === "Escape" && isOpen) close();
      else return;
      event.preventDefault();
    },
  };
}
