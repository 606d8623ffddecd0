import { setImmediate as turn } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { currentLanguage } from "../i18n/current-language.ts";
import { anonymousUser } from "./anonymous-user.ts";
import {
  beginEventRequest,
  currentContext,
  currentRequest,
  currentSession,
  currentUser,
  endEventRequest,
  runInRequest,
  runOutsideRequest,
} from "./current-request.ts";
import { requestOf } from "./request.fixture.ts";
import { request } from "./request-proxy.ts";
import type { AppRequest } from "./request-types.ts";

const UNBOUND = [undefined, undefined, anonymousUser, undefined, "en"];
const found = () => [currentRequest(), currentContext(), currentUser(), currentSession(), currentLanguage()];

afterEach(() => endEventRequest());

test("rows 29-32: outside of a request there is none, nobody makes it, there is no session, and it is English", () => {
  expect(found()).toEqual(UNBOUND);
  expect(currentUser()).toBe(anonymousUser);
});

describe("Rows 29-32: within a request", () => {
  test("rows 29-32: it is the current one, with its user, session and language", () => {
    const context = requestOf({ cookie: "user=ada; language=de" });
    const seen = runInRequest(context, () => [
      currentRequest() === context,
      currentContext() === context,
      currentUser().username,
      currentSession() === context.session,
      currentLanguage(),
    ]);
    expect(seen).toEqual([true, true, "ada", true, "de"]);
    expect(found()).toEqual(UNBOUND);
  });

  test("row 29: the framework's own request stands in its place where there is one", () => {
    const context = requestOf({ cookie: "user=ada" });
    const view = requestOf({ cookie: "user=bob" });
    context.view = view;
    const seen = runInRequest(context, () => [currentRequest() === view, currentContext() === context]);
    expect([seen, runInRequest(context, () => currentUser().username)]).toEqual([[true, true], "bob"]);
  });

  test("row 33: it stays bound across what is awaited, and a hundred at once never mix", async () => {
    const names = Array.from({ length: 100 }, (_, index) => `user${index}`);
    const seen = await Promise.all(
      names.map((name) =>
        runInRequest(requestOf({ cookie: `user=${name}` }), async () => {
          const before = currentUser().username;
          for (let round = 0; round < 3; round++) await turn();
          return [before, currentUser().username];
        }),
      ),
    );
    expect(seen).toEqual(names.map((name) => [name, name]));
  });

  test("the inner one of two counts until it ends, also by an error", async () => {
    await runInRequest(requestOf({ cookie: "user=ada" }), async () => {
      await runInRequest(requestOf({ cookie: "user=bob" }), async () => {
        await turn();
        expect(currentUser().username).toBe("bob");
        throw new Error("over");
      }).catch(() => {});
      expect(currentUser().username).toBe("ada");
    });
  });

  test("RT-6: runOutsideRequest finds none of it, also after waiting; what comes after is within again", async () => {
    await runInRequest(requestOf({ cookie: "user=ada" }), async () => {
      const inner = await runOutsideRequest(async () => {
        const before = found();
        await turn();
        return [before, found()];
      });
      expect(inner).toEqual([UNBOUND, UNBOUND]);
      expect(currentUser().username).toBe("ada");
    });
    expect(runOutsideRequest(found)).toEqual(UNBOUND);
  });
});

describe("Row 33: beginEventRequest and endEventRequest", () => {
  test("row 33: bind a request to what runs now, and let go of it", async () => {
    const request = requestOf({ cookie: "user=ada" });
    beginEventRequest(request);
    expect([currentRequest() === request, currentUser().username]).toEqual([true, "ada"]);
    await turn();
    expect(currentUser().username).toBe("ada");
    endEventRequest();
    expect(found()).toEqual(UNBOUND);
  });

  test("row 33: begin replaces what is bound still, and is no record for parts of the framework", () => {
    beginEventRequest(requestOf({ cookie: "user=ada" }));
    beginEventRequest(requestOf({ cookie: "user=bob" }));
    expect([currentUser().username, currentContext()]).toEqual(["bob", undefined]);
    endEventRequest();
    expect(currentRequest()).toBeUndefined();
  });

  test("row 33: end does nothing a second time, or where nothing was begun", () => {
    endEventRequest();
    beginEventRequest(requestOf({ cookie: "user=ada" }));
    endEventRequest();
    endEventRequest();
    expect(found()).toEqual(UNBOUND);
  });

  test("row 33: within a request, end gives back the request's own, with its session, and alone does nothing", () => {
    const own = requestOf({ cookie: "user=ada" });
    runInRequest(own, () => {
      endEventRequest();
      expect(currentContext()).toBe(own);
      beginEventRequest(requestOf({ cookie: "user=bob" }));
      beginEventRequest(requestOf({ cookie: "user=eve" }));
      expect([currentUser().username, currentContext()]).toEqual(["eve", undefined]);
      endEventRequest();
      expect([currentContext() === own, currentUser().username]).toEqual([true, "ada"]);
      endEventRequest();
      expect(currentSession()).toBe(own.session);
    });
  });

  test("row 33: the imported request stands for the one that is bound, also when it is begun itself", () => {
    const own = requestOf({ cookie: "user=ada" });
    runInRequest(own, () => {
      beginEventRequest(request as AppRequest);
      expect([currentRequest() === own, request.username]).toEqual([true, "ada"]);
      endEventRequest();
    });
    beginEventRequest(request as AppRequest);
    expect([currentRequest(), request.isBound]).toEqual([undefined, false]);
  });

  test("row 33: what another task has begun is not seen here", async () => {
    const task = async (name: string) => {
      await turn();
      beginEventRequest(requestOf({ cookie: `user=${name}` }));
      await turn();
      const { username } = currentUser();
      endEventRequest();
      return username;
    };
    expect(await Promise.all([task("ada"), task("bob")])).toEqual(["ada", "bob"]);
    expect(found()).toEqual(UNBOUND);
  });
});
