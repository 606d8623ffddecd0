/**
 * Whether the page runs in development, where mistakes throw that production only reports.
 *
 * The expression stands here whole because Vite replaces it as text.
 */
export function isDevelopment(): boolean {
  return process.env.NODE_ENV !== "production";
}
