import { afterEach, expect, it, vi } from "vitest";
import { translate } from "../../protocol/messages.ts";
import { setDiagnosticSink } from "../diagnostics.ts";
import { missingValue } from "./missing-value.ts";

afterEach(() => {
  setDiagnosticSink();
  vi.unstubAllEnvs();
});

it("a placeholder without a value is reported once, by text and name, and not in production", () => {
  const lines: string[] = [];
  setDiagnosticSink((line) => lines.push(line));
  const tables = [{ language: "de", texts: { "Hello {{name}}": "Hallo {{name}}" } }];
  const show = (key: string, values: object) => translate(tables, key, { ...values }, missingValue(key));
  expect(show("Hello {{name}}", { nmae: "Ada" })).toBe("Hallo {{name}}");
  expect(show("Hello {{name}}", {})).toBe("Hallo {{name}}");
  expect(show("Hello {{name}}", { name: "Ada" })).toBe("Hallo Ada");
  vi.stubEnv("NODE_ENV", "production");
  show("Bye {{name}}", {});
  expect(lines).toEqual([
    '[antiphon] CLIENT_VALUE_MISSING (app): t("Hello {{name}}") has no value for {{name}}. Pass it: t("…", { name: … }).',
  ]);
});
