import { atomic, currentDatabase, entityManager, objects, onChange, withDatabase } from "antiphon/models";
import type { FastifyInstance } from "fastify";
import { Tag } from "./models.ts";

/** How one run of the job found the database. */
export interface JobRun {
  readonly created: string;
  readonly inAtomic: object;
  readonly inUnitOfWork: object;
  /** Codes of what has no unit of work to be in. */
  readonly refused: readonly unknown[];
}

/** What the app did on its own. */
export interface Doings {
  readonly heard: string[];
  /** The tags that the hooks found. */
  ready?: number;
  closed?: number;
  /** Is told of the next run of the job; without it the job does nothing. */
  next?: ((run: Promise<JobRun>) => void) | undefined;
}

declare global {
  var jobsFixture: Doings | undefined;
}

/** For tests to look at; the app has a copy of this module of its own. */
globalThis.jobsFixture ??= { heard: [] };
export const doings: Doings = globalThis.jobsFixture;

async function job(): Promise<JobRun> {
  const { name } = await objects(Tag).create({ name: `job ${await objects(Tag).count()}` });
  const codes = [async () => entityManager(), () => objects(Tag).entities()].map(async (work) => {
    try {
      await work();
      return undefined;
    } catch (error) {
      return (error as { code?: string }).code;
    }
  });
  return {
    created: name,
    inAtomic: await atomic(async () => entityManager()),
    inUnitOfWork: await withDatabase(currentDatabase(), async () => {
      for (const tag of await objects(Tag).filter({ name }).entities()) tag.name = `${name}, done`;
      await entityManager().flush();
      return entityManager();
    }),
    refused: await Promise.all(codes),
  };
}

export default async function routes(app: FastifyInstance) {
  app.post<{ Body: { name: string } }>("/tags", async ({ body }) => objects(Tag).create(body));
  const stop = onChange((changes) => doings.heard.push(...changes.map(({ model, action }) => `${model} ${action}`)));
  let timer: NodeJS.Timeout | undefined;
  app.addHook("onReady", async () => {
    doings.ready = await objects(Tag).count();
    timer = setInterval(() => {
      const { next } = doings;
      doings.next = undefined;
      next?.(job());
    }, 5);
  });
  app.addHook("onClose", async () => {
    clearInterval(timer);
    stop();
    doings.closed = await objects(Tag).count();
  });
}
