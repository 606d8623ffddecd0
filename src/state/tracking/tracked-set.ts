import { KEYS, trackRead } from "../../getter-reads.ts";
import type { PathSegment } from "../../protocol/frames.ts";
import { assertSetMember } from "./set-member.ts";
import { TrackedNode } from "./tracked-node.ts";

/** A Set inside a state; its members are primitives. */
export class SetNode extends TrackedNode<Set<unknown>> {
  /** Members at the last frame, once one was added or removed. */
  base: Set<unknown> | undefined;

  #change(work: () => void): void {
    this.recorder.beforeWrite(this, undefined);
    if (this.recorder.muted === 0) this.base ??= new Set(this.raw);
    work();
    this.recorder.changed(this, KEYS);
  }

  #methods: Record<string, unknown> | undefined;

  #makeMethods(): Record<string, unknown> {
    return {
      add: (member: unknown) => {
        assertSetMember(member, () => this.describe());
        if (!this.raw.has(member)) this.#change(() => this.raw.add(member));
        return this.proxy;
      },
      delete: (member: unknown) => {
        const had = this.raw.has(member);
        if (had) this.#change(() => this.raw.delete(member));
        return had;
      },
      clear: () => {
        if (this.raw.size > 0) this.#change(() => this.raw.clear());
      },
      forEach: (work: (member: unknown, key: unknown, set: unknown) => void, self?: unknown) => {
        trackRead(this, KEYS);
        for (const member of this.raw) work.call(self, member, member, this.proxy);
      },
    };
  }

  override get(target: Set<unknown>, key: string | symbol): unknown {
    this.#methods ??= this.#makeMethods();
    if (typeof key === "string" && Object.hasOwn(this.#methods, key)) return this.#methods[key];
    trackRead(this, KEYS);
    const value: unknown = Reflect.get(target, key, target);
    return typeof value === "function" ? value.bind(target) : value;
  }

  override set(): boolean {
    return false;
  }

  override defineProperty(): boolean {
    return false;
  }

  override deleteProperty(): boolean {
    return false;
  }

  override rollback(): void {
    if (!this.base) return;
    this.raw.clear();
    for (const member of this.base) this.raw.add(member);
    this.recorder.changed(this, KEYS);
  }

  override adoptRestored(): void {}

  override settle(): void {
    this.base = undefined;
  }

  override keyOf(): PathSegment | undefined {
    return undefined;
  }
}
