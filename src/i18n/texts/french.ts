/** Translations of the texts of Antiphon itself. */
export const french: { readonly [key: string]: string } = {};
