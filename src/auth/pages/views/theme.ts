import { type CSSVariablesResolver, createTheme } from "@mantine/core";

/** Colours with the contrast that small text needs: 4.5 on its ground. */
export const theme = createTheme({
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: "md",
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  cursorType: "pointer",
});

/** The same for texts that Mantine colours by a variable of its own. */
export const cssVariables: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    "--mantine-color-error": colors.red[9],
    "--mantine-color-dimmed": colors.gray[7],
    "--mantine-color-placeholder": colors.gray[6],
    "--mantine-color-anchor": colors.blue[8],
    "--input-asterisk-color": colors.red[9],
  },
  dark: {
    "--mantine-color-error": colors.red[4],
    "--mantine-color-dimmed": colors.dark[1],
    "--mantine-color-anchor": colors.blue[4],
  },
});

/**
 * The ground of the pages. Only the card is coloured: around it is the app's own page. Mantine's global styles are left out,
 * since they would change the app's pages too.
 */
export const SHELL_CSS = `
.antiphon-auth { box-sizing: border-box; font-family: var(--mantine-font-family); font-size: 16px; line-height: 1.55;
  -webkit-font-smoothing: antialiased; text-align: start; }
.antiphon-auth *, .antiphon-auth *::before, .antiphon-auth *::after { box-sizing: border-box; }
.antiphon-auth-page { display: grid; align-content: center; justify-items: center; gap: 24px; min-block-size: 80vh;
  min-block-size: 80dvh; padding: 24px 16px; margin: 0; max-inline-size: none; }
.antiphon-auth-card { inline-size: 100%; max-inline-size: 26rem; color: var(--mantine-color-text);
  background: var(--mantine-color-body); overflow-wrap: anywhere; }
.antiphon-auth-brand { display: flex; align-items: center; justify-content: center; gap: 10px; margin: 0;
  font-size: 1.125rem; font-weight: 600; }
.antiphon-auth-brand img { block-size: 32px; inline-size: auto; max-inline-size: 160px; display: block; }
.antiphon-auth-card h1 { outline: none; margin: 0; text-wrap: balance; }
.antiphon-auth-card p { margin: 0; }
/* An app's rule for every \`input\` must not reach these. */
.antiphon-auth.antiphon-auth .mantine-Input-input { background: var(--input-bg); border: 1px solid var(--input-bd);
  border-radius: var(--input-radius); color: var(--input-color); padding-block: 0; box-shadow: none;
  padding-inline: var(--input-padding-inline-start) var(--input-padding-inline-end); }
.antiphon-auth.antiphon-auth .mantine-PasswordInput-innerInput { background: transparent; border: 0; color: inherit;
  border-radius: inherit; box-shadow: none; padding-block: 0; inline-size: 100%; margin: 0;
  padding-inline: var(--input-padding-inline-start) var(--input-padding-inline-end); }
@media (max-width: 30rem) { .antiphon-auth-page { align-content: start; padding: 16px; } }
`;
