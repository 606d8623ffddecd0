export { MemoryStore } from "./memory-store.ts";
export type { Store, StoredValue, StoreWrite } from "./store.ts";
