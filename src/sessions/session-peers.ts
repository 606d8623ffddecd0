import type { SessionCache } from "./session-cache.ts";

/**
 * The caches over one storage in this process. There is one of them, but for a moment after the app's code was loaded
 * again, while requests of the old code still run; what such a one writes must be known to the other.
 */
const peers = new WeakMap<object, Set<WeakRef<SessionCache>>>();

/** Counts a cache among those of a storage, for as long as somebody uses it. */
export function joinPeers(storage: object, cache: SessionCache): void {
  const joined = peers.get(storage);
  if (joined) joined.add(new WeakRef(cache));
  else peers.set(storage, new Set([new WeakRef(cache)]));
}

/** Calls each other cache of a storage. */
export function eachPeer(storage: object, self: SessionCache, work: (peer: SessionCache) => void): void {
  const joined = peers.get(storage);
  if (!joined || joined.size < 2) return;
  for (const reference of joined) {
    const peer = reference.deref();
    if (!peer) joined.delete(reference);
    else if (peer !== self) work(peer);
  }
}
