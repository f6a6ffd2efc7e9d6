/**
 * A store in which one folder is somebody else's: it is not listed.
 *
 * @module
 */
import type { ObjectStore, StoredObject } from './object-store.ts'

/** @param folder At the top of the store. */
export function withoutFolder(store: ObjectStore, folder: string): ObjectStore {
  return {
    put: (name, bytes) => store.put(name, bytes),
    get: (name) => store.get(name),
    getRange: (name, start, length) => store.getRange(name, start, length),
    head: (name) => store.head(name),
    delete: (name) => store.delete(name),
    list: (inside) => othersThan(store.list(inside), `${folder}/`),
    lock: store.lock,
  }
}

async function* othersThan(
  objects: AsyncIterable<StoredObject>,
  prefix: string,
): AsyncGenerator<StoredObject> {
  for await (const object of objects) if (!object.name.startsWith(prefix)) yield object
}
