/** Seconds in a year of 365 days. */
export const YEAR_SECONDS = 31_536_000;
