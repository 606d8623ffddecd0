import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CATALOGUE_FOLDER, type Catalogue, readCatalogue, readGeneralCatalogue } from "../../i18n/catalogues.ts";
import { catalogueText, mergeCatalogue, type SourceMessage } from "../../i18n/merge-catalogue.ts";
import { appLanguages, appTexts, ownKeys } from "../app-messages.ts";
import { defineCommand } from "../command.ts";
import { counted } from "../counted.ts";

/** File with the type of the app's keys. */
const TYPES = "src/messages.d.ts";

/** `antiphon makemessages`. */
export const makemessagesCommand = defineCommand({
  name: "makemessages",
  summary: "Collect the texts of the app for translation",
  description: `Finds the keys of t(), message() and lazy() and the titles of pages, and adds them to locales/<code>.json for each language of i18n.languages. Translations stay; keys that no source uses are listed. In the default language only plural forms need a text.\nWith --types, and whenever ${TYPES} exists, the keys are written there as a type, so that the compiler finds misspelt ones.`,
  options: {
    "remove-unused": { type: "boolean", description: "Remove keys that no source uses" },
    types: { type: "boolean", description: `Write the keys as a type into ${TYPES}` },
  },
  async run({ root, options, terminal }) {
    const languages = await appLanguages(root);
    const texts = await appTexts(root);
    const isOwn = await ownKeys(texts);
    // All of them first: if one cannot be read, nothing is written.
    const existing = new Map<string, { before: Catalogue; inherited: Catalogue }>();
    for (const language of languages.names.keys()) {
      const before = await readCatalogue(root, language);
      existing.set(language, { before, inherited: await readGeneralCatalogue(root, language) });
    }
    await mkdir(join(root, CATALOGUE_FOLDER), { recursive: true });
    for (const [language, { before, inherited }] of existing) {
      const isSource = language === languages.defaultLanguage;
      const name = `${CATALOGUE_FOLDER}/${language}.json`;
      const { catalogue, added, unused, missing } = mergeCatalogue(texts.messages, before, {
        language,
        isSource,
        isOwn,
        inherited,
        removeUnused: options["remove-unused"] === true,
      });
      await writeChanged(join(root, name), catalogueText(catalogue));
      const rest = missing.length === 0 ? "" : `, ${missing.length} not translated`;
      terminal.line(`${name}: ${counted(Object.keys(catalogue).length, "text")}, ${added.length} new${rest}`);
      // The author has to write these, and no other text of this language.
      for (const key of isSource ? missing : []) terminal.line(`  not written: ${JSON.stringify(key)}`);
      for (const key of unused) terminal.line(`  not used: ${JSON.stringify(key)}`);
    }
    if (options.types === true || existsSync(join(root, TYPES))) {
      await writeChanged(join(root, TYPES), typesText(texts.messages));
    }
    return 0;
  },
});

/** A file that is the same keeps its time: a development server would load it again. */
async function writeChanged(file: string, text: string): Promise<void> {
  const before = await readFile(file, "utf8").catch(() => undefined);
  if (before !== text) await writeFile(file, text);
}

function typesText(messages: readonly SourceMessage[]): string {
  const keys = messages.map(({ key }) => `  ${JSON.stringify(key)}: true;\n`);
  return `// Written by  antiphon makemessages.\ninterface AntiphonMessages {\n${keys.join("")}}\n`;
}
