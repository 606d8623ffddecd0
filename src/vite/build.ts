import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { build, createLogger, type InlineConfig, type Logger, type Manifest, type UserConfig } from "vite";
import { findAppFiles } from "./app-files.ts";
import { type AppRunner, createAppRunner, inlineConfig } from "./app-runner.ts";
import { adoptBuild, newBuildFolder, writePageKeys } from "./build-folder.ts";
import { compressFiles } from "./compress.ts";
import { CLIENT_ENTRY, SERVER_ENTRY } from "./entries.ts";
import { viteErrors } from "./errors.ts";
import { assembleDocument, hostedBelow, readTemplate } from "./index-html.ts";
import { ownError } from "./own-error.ts";
import { appPlugins } from "./plugin.ts";

/** Options of {@link buildApp}. */
export interface BuildOptions {
  readonly root: string;
  /** The author's `vite` settings. */
  readonly viteConfig?: UserConfig;
  /** URL from which browsers load the files, with a "/" at its end; the server itself if absent. */
  readonly assetsUrl?: string | undefined;
  /** Path under which the app is hosted. */
  readonly basePath?: string | undefined;
  /** Told what is being done, in a few words. */
  readonly onProgress?: (step: string) => void;
}

/** What a build made. */
export interface BuildResult {
  /** Changes with every change of what the browser gets. */
  readonly build: string;
  /** Where it lies. */
  readonly folder: string;
  readonly client: { readonly files: number; readonly bytes: number };
  readonly server: { readonly files: number };
  readonly milliseconds: number;
}

/**
 * Builds an app for production into a folder of its own below `.antiphon`: the browser's files, the server's entry and
 * the document.
 *
 * The state modules are evaluated, because the browser's stubs are made of what the classes are at run time. Servers
 * start with an earlier build until this one is whole, and those that run keep theirs.
 *
 * @throws VITE_APP_MISSING, VITE_SERVER_ONLY and the other VITE_… errors, errors of a state class, VITE_BUILD_FAILED.
 * @example
 * const { client, milliseconds } = await buildApp({ root: process.cwd(), onProgress: console.log });
 */
export async function buildApp(options: BuildOptions): Promise<BuildResult> {
  // React's development build, and JSX compiled for it, are chosen by this variable and not by Vite's mode.
  const nodeEnv = process.env.NODE_ENV;
  process.env.NODE_ENV = "production";
  try {
    return await buildParts(options);
  } finally {
    if (nodeEnv === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = nodeEnv;
  }
}

async function buildParts({ root: given, viteConfig, onProgress, ...hosted }: BuildOptions): Promise<BuildResult> {
  const started = performance.now();
  const progress = onProgress ?? (() => {});
  progress("Reading the state classes");
  const runner = await createAppRunner({
    root: given,
    mode: "production",
    ...(viteConfig === undefined ? {} : { viteConfig }),
  });
  const { root } = runner;
  const folder = newBuildFolder(root);
  const { assetsUrl, basePath = "" } = hosted;
  const place: Place = { folder, base: assetsUrl ?? `${basePath}/`, basePath };
  let adopted = false;
  try {
    const files = findAppFiles(root);
    for (const file of files.states) await runner.stubs.read(file);
    progress("Building the browser's files");
    await runBuild("client", clientConfig(runner, viteConfig, place));
    const build = await writeDocument(root, place);
    progress("Building the server's entry");
    await runBuild("server", serverConfig(runner, viteConfig, place));
    await writePageKeys(folder, await runner.messageKeys());
    progress("Compressing");
    await compressFiles(join(folder, "client"));
    const client = await measure(join(folder, "client"));
    const { files: serverFiles } = await measure(join(folder, "server"));
    await adoptBuild(root, { build, folder, assetsUrl, basePath });
    adopted = true;
    const milliseconds = Math.round(performance.now() - started);
    return { build, folder, client, server: { files: serverFiles }, milliseconds };
  } finally {
    await runner.close();
    if (!adopted) await rm(folder, { recursive: true, force: true });
  }
}

interface Place {
  readonly folder: string;
  /** Prefix of the URLs of the browser's files. */
  readonly base: string;
  /** Path under which the app is hosted. */
  readonly basePath: string;
}

function clientConfig(runner: AppRunner, viteConfig: UserConfig | undefined, { folder, base }: Place): InlineConfig {
  return inlineConfig(runner.root, viteConfig, {
    mode: "production",
    base,
    customLogger: buildLogger(),
    plugins: [appPlugins(runner.root, runner.stubs)],
    build: {
      outDir: join(folder, "client"),
      emptyOutDir: true,
      // A name that no page's route is likely to have.
      assetsDir: "_assets",
      manifest: true,
      reportCompressedSize: false,
      rolldownOptions: { input: CLIENT_ENTRY },
    },
  });
}

function serverConfig(runner: AppRunner, viteConfig: UserConfig | undefined, { folder, base }: Place): InlineConfig {
  return inlineConfig(runner.root, viteConfig, {
    mode: "production",
    base,
    customLogger: buildLogger(),
    plugins: [appPlugins(runner.root, runner.stubs)],
    build: {
      ssr: true,
      outDir: join(folder, "server"),
      emptyOutDir: true,
      copyPublicDir: false,
      sourcemap: true,
      minify: false,
      target: "node22",
      rolldownOptions: { input: { entry: SERVER_ENTRY }, output: { entryFileNames: "[name].js", format: "es" } },
    },
  });
}

/** What a build says while it runs: warnings. Its errors are thrown, with their text. */
function buildLogger(): Logger {
  return { ...createLogger("warn", { prefix: "[vite]" }), error: () => {} };
}

/** Runs one build; an error of ours comes out as it was thrown, with its code. */
async function runBuild(part: string, config: InlineConfig): Promise<void> {
  try {
    await build(config);
  } catch (cause) {
    throw (
      ownError(cause) ??
      viteErrors.VITE_BUILD_FAILED.with({ cause }, part, readableReason(cause, config.root ?? process.cwd()))
    );
  }
}

/** The reason with files as the author names them: the bundler counts them from wherever the process was started. */
function readableReason(error: unknown, root: string): string {
  const text = stripVTControlCharacters(error instanceof Error ? error.message : String(error)).trim();
  const fromHere = relative(process.cwd(), root);
  return [`${fromHere}/`, `${root}/`].reduce(
    (reason, base) => (base === "/" ? reason : reason.replaceAll(base, "")),
    text,
  );
}

/** Writes the document, takes the manifest out of what is public, and gives the build's id. */
async function writeDocument(root: string, { folder, base, basePath }: Place): Promise<string> {
  const text = await readFile(join(folder, "client/.vite/manifest.json"), "utf8");
  await rm(join(folder, "client/.vite"), { recursive: true });
  const manifest = JSON.parse(text) as Manifest;
  const id = createHash("sha256").update(base).update(text).digest("hex").slice(0, 12);
  const { script, preload, styles } = entryFiles(manifest, base);
  const html = assembleDocument(hostedBelow(readTemplate(root), basePath), { build: id, script, preload, styles });
  await writeFile(join(folder, "manifest.json"), text);
  await writeFile(join(folder, "document.html"), html);
  return id;
}

function entryFiles(manifest: Manifest, base: string): { script: string; preload: string[]; styles: string[] } {
  const entry = Object.values(manifest).find((chunk) => chunk.isEntry);
  if (!entry) throw viteErrors.VITE_BUILD_FAILED("client", "it has no entry.");
  const chunks = new Set([entry]);
  for (const chunk of chunks) {
    for (const key of chunk.imports ?? []) {
      const imported = manifest[key];
      if (imported) chunks.add(imported);
    }
  }
  const [, ...imported] = [...chunks];
  return {
    script: base + entry.file,
    preload: imported.map((chunk) => base + chunk.file),
    styles: [...new Set([...chunks].flatMap((chunk) => chunk.css ?? []))].map((file) => base + file),
  };
}

async function measure(folder: string): Promise<{ files: number; bytes: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !/\.(?:br|gz)$/.test(entry.name));
  const sizes = await Promise.all(files.map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size));
  return { files: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
