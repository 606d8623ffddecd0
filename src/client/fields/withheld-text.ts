/** Text that is not written into the states of now, because they show something else than what it was typed for. */
export interface WithheldText {
  /** Whether they show it again. */
  readonly fits: () => boolean;
  /** Whether a submit was refused because of it, so that the next one means what is on the screen. */
  isTold: boolean;
  /** Whether the user has typed on since: then it is written, and only a submit still asks. */
  isTypedOn: boolean;
}
