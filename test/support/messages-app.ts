import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyOfFixture, PRODUCTION } from "./chromium.ts";

const WORDS = {
  en: "open save note list share with team before after every change user page order find group report month paid late draft print delete move today again copy choose".split(
    " ",
  ),
  ar: "افتح احفظ ملاحظة قائمة شارك مع فريق قبل بعد كل تغيير مستخدم صفحة طلب ابحث مجموعة تقرير شهر مدفوع متأخر مسودة اطبع احذف انقل اليوم مجددا انسخ اختر".split(
    " ",
  ),
};

/** Sentences that differ from each other, the same in every run. */
function sentences(words: readonly string[], count: number): string[] {
  let seed = 1;
  const next = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed;
  };
  return Array.from({ length: count }, (_, index) => {
    const text = Array.from({ length: 4 + (next() % 4) }, () => words[next() % words.length]).join(" ");
    return `${text.charAt(0).toUpperCase()}${text.slice(1)} ${index}`;
  });
}

/** A folder with the app, and its settings in production. */
export interface MessagesApp {
  readonly root: string;
  readonly config: object;
  remove(): void;
}

/** An app of one page with so many sentences, in English alone or in English and Arabic. */
export function messagesApp(count: number, isTranslated: boolean): MessagesApp {
  const copy = copyOfFixture("languages-app");
  const [english, arabic] = [sentences(WORDS.en, count), sentences(WORDS.ar, count)];
  const write = (name: string, text: string) => writeFileSync(join(copy.root, name), text);
  const i18n = isTranslated ? { i18n: { languages: { en: "English", ar: "العربية" } } } : {};
  const config = { backendPrefix: "/api", ...i18n };
  write("antiphon.config.ts", `export default ${JSON.stringify(config)};\n`);
  mkdirSync(join(copy.root, "locales"), { recursive: true });
  write("locales/ar.json", JSON.stringify(Object.fromEntries(english.map((text, index) => [text, arabic[index]]))));
  const shown = english.map((text) => `<p>{${isTranslated ? `t(${JSON.stringify(text)})` : JSON.stringify(text)}}</p>`);
  const hook = isTranslated ? "const { t, language, setLanguage } = useI18n();" : "";
  const button = isTranslated
    ? `<button type="button" onClick={() => void setLanguage(language === "en" ? "ar" : "en")}>{language}</button>`
    : "";
  write(
    "src/app.tsx",
    `import { createApp${isTranslated ? ", useI18n" : ""} } from "antiphon/react";
function Texts() {
  ${hook}
  return <main>${button}${shown.join("")}</main>;
}
export default createApp().addPage(Texts, { route: "/", title: ${JSON.stringify(english[0])} });
`,
  );
  return { ...copy, config: { ...config, ...PRODUCTION } };
}
