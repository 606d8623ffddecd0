const trap = () => {
  throw new Error("trap");
};

const TRAPS = { get: trap, set: trap, has: trap, getPrototypeOf: trap, ownKeys: trap, getOwnPropertyDescriptor: trap };

function withGetter(error: Error, name: string): Error {
  return Object.defineProperty(error, name, { enumerable: true, get: trap });
}

const ODD: { readonly [kind: string]: () => unknown } = {
  null: () => null,
  undefined: () => undefined,
  text: () => "text",
  "empty text": () => "",
  number: () => 42,
  bigint: () => 42n,
  symbol: () => Symbol("x"),
  function: () => () => {},
  "function without a prototype": () => Object.setPrototypeOf(() => {}, null) as unknown,
  "object without a prototype": () => Object.create(null) as unknown,
  "object whose message and toString throw": () => ({
    get message() {
      return trap();
    },
    toString: trap,
  }),
  "object whose toString gives no text": () => ({ toString: () => ({}), valueOf: () => ({}) }),
  "object with a toJSON that throws": () => Object.assign(new Error("toJSON"), { toJSON: trap }),
  "Proxy whose traps throw": () => new Proxy({}, TRAPS),
  "Proxy of an Error whose traps throw": () => new Proxy(new Error("inner"), TRAPS),
  "revoked Proxy": () => {
    const { proxy, revoke } = Proxy.revocable(new Error("revoked"), {});
    revoke();
    return proxy;
  },
  "frozen Error": () => Object.freeze(new Error("frozen")),
  "sealed Error": () => Object.seal(new Error("sealed")),
  "Error whose property throws": () => withGetter(new Error("property"), "response"),
  "Error whose message throws": () => withGetter(new Error("x"), "message"),
  "Error whose stack throws": () => withGetter(new Error("x"), "stack"),
  "Error whose name throws": () => withGetter(new Error("x"), "name"),
  "Error whose code throws": () => withGetter(new Error("x"), "code"),
  "Error whose statusCode throws": () => withGetter(new Error("x"), "statusCode"),
  "Error whose cause throws": () => withGetter(new Error("x"), "cause"),
  "Error whose message is no text": () => Object.assign(new Error("x"), { message: { a: 1 } }),
  "Error that is its own cause": () => {
    const error = new Error("cyclic");
    error.cause = error;
    return error;
  },
  "Errors that cause each other": () => {
    const first = new Error("first");
    first.cause = new Error("second", { cause: first });
    return first;
  },
  "Error with a thousand causes": () => {
    let error = new Error("innermost");
    for (let depth = 0; depth < 1000; depth++) error = new Error(`level ${depth}`, { cause: error });
    return error;
  },
  "Error with a Proxy as its cause": () => new Error("outer", { cause: new Proxy({}, TRAPS) }),
  "Error with a Proxy as its property": () => Object.assign(new Error("outer"), { request: new Proxy({}, TRAPS) }),
  "Error with a deep property that throws": () =>
    Object.assign(new Error("outer"), { request: { socket: withGetter(new Error("x"), "peer") } }),
  "AggregateError that holds itself": () => {
    const error = new AggregateError([], "many");
    error.errors.push(error);
    return error;
  },
  "AggregateError whose errors are no list": () => Object.assign(new AggregateError([], "many"), { errors: 5 }),
  "Error with a huge message": () => new Error("x".repeat(5_000_000)),
  "huge text": () => "x".repeat(5_000_000),
};

/** Values that a program may throw and that are hard to look at. */
export const ODD_KINDS: readonly string[] = Object.keys(ODD);

/** A new value of one kind. */
export function oddValue(kind: string): unknown {
  return ODD[kind]?.();
}
