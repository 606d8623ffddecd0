/** Translations of the texts of Antiphon itself. */
export const arabic: { readonly [key: string]: string } = {};
