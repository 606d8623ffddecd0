import { CATALOGUE_FOLDER, readCatalogue } from "../../i18n/catalogues.ts";
import { checkCatalogue } from "../../i18n/check-catalogue.ts";
import { mergeCatalogue } from "../../i18n/merge-catalogue.ts";
import { appLanguages, appMessages } from "../app-messages.ts";
import { defineCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { counted } from "../counted.ts";

/** `antiphon compilemessages`. */
export const compilemessagesCommand = defineCommand({
  name: "compilemessages",
  summary: "Check the translations",
  description:
    "Checks that each translation has the placeholders of its key, and counts what is not translated. The server reads locales/<code>.json itself, so nothing is written.",
  options: {
    strict: { type: "boolean", description: "Fail if a text is not translated" },
  },
  async run({ root, options, terminal }) {
    const languages = await appLanguages(root);
    const messages = await appMessages(root);
    const problems: string[] = [];
    let untranslated = 0;
    for (const language of languages.names.keys()) {
      const name = `${CATALOGUE_FOLDER}/${language}.json`;
      const catalogue = await readCatalogue(root, language);
      const isSource = language === languages.defaultLanguage;
      const merged = mergeCatalogue(messages, catalogue, { language, isSource, isOwn: () => true });
      const missing = isSource ? 0 : merged.missing.length;
      untranslated += missing;
      const found = checkCatalogue(catalogue, messages);
      problems.push(...found.map(({ key, problem }) => `${name}: ${JSON.stringify(key)}: ${problem}.`));
      const rest = missing === 0 ? "" : `, ${missing} not translated`;
      terminal.line(`${name}: ${counted(Object.keys(catalogue).length, "text")}${rest}`);
    }
    if (problems.length > 0) throw new CommandError(`The translations have errors:\n${problems.join("\n")}`);
    if (options.strict === true && untranslated > 0) {
      throw new CommandError(
        `${counted(untranslated, "text")} not translated. Run  antiphon makemessages  and translate.`,
      );
    }
    return 0;
  },
});
