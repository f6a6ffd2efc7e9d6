/**
 * Says in time that the data folder's disk fills up, and when there is room again.
 *
 * @module
 */
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { RunningService } from '#system/service.ts'

/** Below this the ring does not start, and a running one warns. */
export const FREE_BYTES_MIN: number = 512 * 1024 * 1024
/** Room is called enough again a little above, so that nobody is told twice a minute. */
const ENOUGH_BYTES = FREE_BYTES_MIN * 1.25
const LOOK_EVERY_MS = 10_000

export type DiskRoomPorts = {
  readonly clock: Clock
  readonly trail: AuditTrail
  readonly tell: (line: string) => void
  /** Bytes that are free where the data folder lies. */
  readonly freeBytes: () => Promise<number>
}

/** Looks every ten seconds until disposal. */
export function watchDiskRoom(folder: string, ports: DiskRoomPorts): RunningService {
  const stopping = new AbortController()
  let low = false
  const look = async (): Promise<void> => {
    const free = await ports.freeBytes()
    const freeMb = Math.floor(free / 1024 / 1024)
    if (!low && free < FREE_BYTES_MIN) {
      low = true
      ports.tell(
        `DISK_LOW: ${folder} has ${freeMb} MB left; free some space: a full disk stops bookings ` +
          `and backups, and once there is room everything goes on by itself`,
      )
      await ports.trail.append([{ code: 'DISK_LOW', detail: { freeMb } }])
    } else if (low && free > ENOUGH_BYTES) {
      low = false
      ports.tell(`${folder} has room again: ${freeMb} MB are free`)
      await ports.trail.append([{ code: 'DISK_ROOM_AGAIN', detail: { freeMb } }])
    }
  }
  const watching = (async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look().catch((error: Error) =>
        ports.tell(`the disk cannot be measured: ${error.message}`),
      )
      await ports.clock.sleep(LOOK_EVERY_MS, stopping.signal).catch(() => undefined)
    }
  })()
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await watching
    },
  }
}
