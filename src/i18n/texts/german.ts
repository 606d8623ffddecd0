/** Translations of the texts of Antiphon itself. */
export const german: { readonly [key: string]: string } = {};
