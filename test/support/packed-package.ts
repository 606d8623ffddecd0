import { execFile } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
export const repository = join(import.meta.dirname, "../..");

/** Read by tests that compare versions. */
export const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

/** The packed package, unpacked where npm would put it, in folders outside of the repository. */
export interface PackedPackage extends Disposable {
  /** The packed files, as they lie in the tarball. */
  readonly folder: string;
  /** Makes an empty folder for an app that has this package, its dependencies and the given packages, and no other. */
  makeApp(name: string, packages: readonly string[]): string;
}

/** Packs the package as it is built now. */
export async function packPackage(): Promise<PackedPackage> {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), "antiphon-packed-")));
  // Without its scripts: they would build again, under the tests that use the build.
  await execute("npm", ["pack", "--ignore-scripts", "--pack-destination", parent], { cwd: repository });
  await execute("tar", ["xzf", join(parent, `antiphon-${manifest.version}.tgz`), "-C", parent]);
  return {
    folder: join(parent, "package"),
    makeApp(name, packages) {
      const app = join(parent, name);
      const modules = join(app, "node_modules");
      const link = (from: string, to: string) => {
        mkdirSync(dirname(join(modules, to)), { recursive: true });
        symlinkSync(from, join(modules, to));
      };
      // A copy and not a link: what the package imports must be found from within the app.
      cpSync(join(parent, "package"), join(modules, "antiphon"), { recursive: true });
      for (const each of [...Object.keys(manifest.dependencies), ...packages]) {
        link(join(repository, "node_modules", each), each);
      }
      for (const program of ["vitest", "tsc"]) link(join(repository, "node_modules/.bin", program), `.bin/${program}`);
      link("../antiphon/bin/antiphon.js", ".bin/antiphon");
      chmodSync(join(modules, "antiphon/bin/antiphon.js"), 0o755);
      return app;
    },
    [Symbol.dispose]: () => rmSync(parent, { recursive: true, force: true }),
  };
}
