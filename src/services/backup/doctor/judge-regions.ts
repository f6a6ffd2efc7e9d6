/**
 * What the regions are worth together. Pure.
 *
 * @module
 */
import { good, weak, type Finding } from './finding.ts'

export type RegionSeen = {
  readonly name: string
  readonly locks: boolean
  /** Of the disk it lies on; undefined elsewhere. */
  readonly device: string | undefined
}

/** @param recoveryKeyHere Whether the key that opens everything lies on this machine. */
export function judgeRegions(regions: readonly RegionSeen[], recoveryKeyHere: boolean): Finding[] {
  return [
    judgeCount(regions),
    judgeDevices(regions),
    judgeLocks(regions),
    judgeKey(recoveryKeyHere),
  ]
}

function judgeCount(regions: readonly RegionSeen[]): Finding {
  const id = 'regions.count'
  if (regions.length > 1) return good(id, `there are ${regions.length} regions`)
  return weak(id, 'there is one region', 'add another to backup.regions, somewhere else')
}

function judgeDevices(regions: readonly RegionSeen[]): Finding {
  const id = 'regions.apart'
  const devices = new Set(regions.map(({ device, name }) => device ?? name))
  if (devices.size > 1) return good(id, 'they do not all lie on one disk')
  const mend = 'put one on another disk, a server by SFTP, a bucket or a container'
  return weak(id, 'they all lie on one disk: one fault takes them all', mend)
}

function judgeLocks(regions: readonly RegionSeen[]): Finding {
  const id = 'regions.lock'
  const locking = regions.filter(({ locks }) => locks).map(({ name }) => name)
  if (locking.length > 0)
    return good(id, `${locking.join(', ')} keeps copies that nobody can delete`)
  const mend = 'set objectLock for a region in a bucket that was made with object lock'
  return weak(id, 'who holds this machine can delete every copy', mend)
}

function judgeKey(recoveryKeyHere: boolean): Finding {
  const id = 'keys.recovery'
  if (!recoveryKeyHere) return good(id, 'the recovery key is not on this machine')
  const mend = 'copy secrets/recovery/recovery.key to paper or a safe, then remove it here'
  return weak(id, 'the recovery key, which opens everything, lies on this machine', mend)
}
