/** Takes names apart from the options behind them; what is neither stays among the names, where it is refused. */
export function namesAndOptions<Options extends object>(
  given: readonly (string | readonly string[] | Options)[],
): { readonly names: readonly string[]; readonly options: Options } {
  const last = given.length > 1 ? given.at(-1) : undefined;
  const hasOptions = typeof last === "object" && last !== null && !Array.isArray(last);
  return {
    names: (hasOptions ? given.slice(0, -1) : given).flat() as string[],
    options: (hasOptions ? last : {}) as Options,
  };
}
