import { ERROR_CODE } from "../../errors.ts";
import { CATALOGUE_FOLDER, readCatalogue, readGeneralCatalogue } from "../../i18n/catalogues.ts";
import { checkCatalogue } from "../../i18n/check-catalogue.ts";
import { mergeCatalogue } from "../../i18n/merge-catalogue.ts";
import { appLanguages, appTexts, ownKeys } from "../app-messages.ts";
import { defineCommand } from "../command.ts";
import { CommandError } from "../command-error.ts";
import { counted } from "../counted.ts";

const NO_CODE =
  "looks like the code of an error, but no error of the app or of Antiphon's server has it, and no source uses it.";

/** `antiphon compilemessages`. */
export const compilemessagesCommand = defineCommand({
  name: "compilemessages",
  summary: "Check the translations",
  description:
    "Checks that each translation has the placeholders of its key, and counts the texts without a translation. The server reads locales/<code>.json itself, so nothing is written.",
  options: {
    strict: { type: "boolean", description: "Fail if a text is not translated" },
  },
  async run({ root, options, terminal }) {
    const languages = await appLanguages(root);
    const texts = await appTexts(root);
    const isOwn = await ownKeys(texts);
    const problems: string[] = [];
    const untranslated: string[] = [];
    for (const language of languages.names.keys()) {
      const name = `${CATALOGUE_FOLDER}/${language}.json`;
      const catalogue = await readCatalogue(root, language);
      const isSource = language === languages.defaultLanguage;
      const inherited = await readGeneralCatalogue(root, language);
      const { missing, unused } = mergeCatalogue(texts.messages, catalogue, { language, isSource, inherited, isOwn });
      for (const key of unused) if (ERROR_CODE.test(key)) terminal.warn(`${name}: ${JSON.stringify(key)} ${NO_CODE}`);
      untranslated.push(...missing.map((key) => `${name}: ${JSON.stringify(key)}`));
      const found = checkCatalogue(catalogue, texts);
      problems.push(...found.map(({ key, problem }) => `${name}: ${JSON.stringify(key)}: ${problem}.`));
      const rest = missing.length === 0 ? "" : `, ${missing.length} not translated`;
      terminal.line(`${name}: ${counted(Object.keys(catalogue).length, "text")}${rest}`);
    }
    if (problems.length > 0) throw new CommandError(`The translations have errors:\n${problems.join("\n")}`);
    if (options.strict === true && untranslated.length > 0) {
      throw new CommandError(
        `${counted(untranslated.length, "text")} not translated. Run  antiphon makemessages  and translate:\n${untranslated.join("\n")}`,
      );
    }
    return 0;
  },
});
