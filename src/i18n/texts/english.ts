/** Plural forms of the texts of Antiphon itself, which are written in English. */
export const english: { readonly [key: string]: string } = {
  "{{count}} changes wait to be sent._one": "{{count}} change waits to be sent.",
  "{{count}} changes wait to be sent._other": "{{count}} changes wait to be sent.",
  "Use at least {{count}} characters._one": "Use at least {{count}} character.",
  "Use at least {{count}} characters._other": "Use at least {{count}} characters.",
  "Use at most {{count}} characters._one": "Use at most {{count}} character.",
  "Use at most {{count}} characters._other": "Use at most {{count}} characters.",
  "This password is too short: it needs at least {{count}} characters._one":
    "This password is too short: it needs at least {{count}} character.",
  "This password is too short: it needs at least {{count}} characters._other":
    "This password is too short: it needs at least {{count}} characters.",
  "Your password must have at least {{count}} characters._one": "Your password must have at least {{count}} character.",
  "Your password must have at least {{count}} characters._other":
    "Your password must have at least {{count}} characters.",
  "Use at most {{count}} digits before the decimal point._one": "Use at most {{count}} digit before the decimal point.",
  "Use at most {{count}} digits before the decimal point._other":
    "Use at most {{count}} digits before the decimal point.",
  "Use at most {{count}} decimal places._one": "Use at most {{count}} decimal place.",
  "Use at most {{count}} decimal places._other": "Use at most {{count}} decimal places.",
  "Use at most {{count}} characters; there are {{0}}._one": "Use at most {{count}} character; there are {{0}}.",
  "Use at most {{count}} characters; there are {{0}}._other": "Use at most {{count}} characters; there are {{0}}.",
  "Use at most {{count}} bytes; there are {{0}}._one": "Use at most {{count}} byte; there are {{0}}.",
  "Use at most {{count}} bytes; there are {{0}}._other": "Use at most {{count}} bytes; there are {{0}}.",
};
