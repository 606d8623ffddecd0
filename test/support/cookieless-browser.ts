import { TestBrowser } from "antiphon/testing";

/** A browser that keeps no cookies until its user allows them, as for a page in a frame of another site. */
export class CookielessBrowser extends TestBrowser {
  keepsCookies = false;

  override takeLines(lines: readonly string[]): void {
    if (this.keepsCookies) super.takeLines(lines);
  }
}
