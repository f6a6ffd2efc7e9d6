/**
 * Debian's Ceph on loopback ports for one test file: one monitor, one store in memory, and its S3
 * gateway `radosgw`, which knows versions and object lock.
 */
import assert from 'node:assert/strict'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { S3Client, type S3Place } from '#storage/s3/client.ts'
import { systemClock } from '#system/clock.ts'
import { answers, freePort } from './ports.ts'
import { temporaryFolder } from './postgres.ts'

const PATIENCE_MS = 60_000
const KEYS = { accessKey: 'kit-access', secretKey: 'kit-secret' }

export type TestCeph = AsyncDisposable & {
  readonly folder: string
  readonly endpoint: URL
  readonly credentials: typeof KEYS
  /** Makes a bucket; with object lock it has versions too. */
  bucket(name: string, kind: 'plain' | 'locked'): Promise<S3Place>
  /** The gateway stops answering, and goes on; or ends, and begins anew. Objects stay. */
  freeze(): void
  thaw(): void
  kill(): Promise<void>
  start(): Promise<void>
}

export async function startCeph(): Promise<TestCeph> {
  for (const program of ['ceph-mon', 'ceph-osd', 'radosgw']) {
    assert(existsSync(`/usr/bin/${program}`), `this suite needs the Debian package ${program}`)
  }
  const folder = await temporaryFolder('ceph')
  const [monitorPort, gatewayPort] = [await freePort(), await freePort()]
  const cluster = randomUUID()
  const config = join(folder, 'ceph.conf')
  await writeFile(config, configuration(folder, cluster, monitorPort, gatewayPort))
  const env = { ...process.env, CEPH_CONF: config, CEPH_ARGS: `-c ${config}` }
  const run = async (program: string, ...args: string[]): Promise<void> => {
    await promisify(execFile)(program, args, { env, timeout: PATIENCE_MS })
  }
  const children: ChildProcess[] = []
  const begin = (program: string, ...args: string[]): ChildProcess => {
    const child = spawn(program, [...args, '-f'], { env, stdio: 'ignore' })
    children.push(child)
    return child
  }
  let gateway: ChildProcess | undefined
  const end = async (child: ChildProcess | undefined): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const start = async (): Promise<void> => {
    gateway = begin('radosgw', '-n', 'client.rgw')
    const deadline = performance.now() + PATIENCE_MS
    while (!(await answers(gatewayPort))) {
      assert(performance.now() < deadline && gateway.exitCode === null, 'radosgw did not start')
      await delay(50)
    }
  }
  for (const name of ['mon', 'osd', 'rgw']) await mkdir(join(folder, name))
  const map = join(folder, 'monmap')
  const monitor = `[v2:127.0.0.1:${monitorPort}]`
  await run('monmaptool', '--create', '--fsid', cluster, '--addv', 'a', monitor, map)
  await run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map)
  begin('ceph-mon', '-i', 'a')
  const store = randomUUID()
  await run('ceph', '--connect-timeout', '30', 'osd', 'new', store, '0')
  await run('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', store)
  begin('ceph-osd', '-i', '0')
  await start()
  const keys = ['--access-key', KEYS.accessKey, '--secret-key', KEYS.secretKey]
  await run('radosgw-admin', 'user', 'create', '--uid=kit', '--display-name=kit', ...keys)
  const endpoint = new URL(`http://127.0.0.1:${gatewayPort}`)
  return {
    folder,
    endpoint,
    credentials: KEYS,
    bucket: (bucket, kind) => makeBucket(endpoint, bucket, kind),
    freeze: () => void gateway?.kill('SIGSTOP'),
    thaw: () => void gateway?.kill('SIGCONT'),
    kill: () => end(gateway),
    start,
    [Symbol.asyncDispose]: async () => {
      for (const child of children.toReversed()) await end(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function makeBucket(
  endpoint: URL,
  bucket: string,
  kind: 'plain' | 'locked',
): Promise<S3Place> {
  const place: S3Place = {
    endpoint,
    region: 'us-east-1',
    bucket,
    pathStyle: true,
    credentials: () => Promise.resolve(KEYS),
    timeoutMs: 10_000,
  }
  await using client = new S3Client(place, systemClock)
  const headers = { 'x-amz-bucket-object-lock-enabled': String(kind === 'locked') }
  await client.call({ method: 'PUT', key: '', headers })
  return place
}

/** Small and quick: nothing here outlives the test. */
function configuration(folder: string, cluster: string, monitor: number, gateway: number): string {
  const settings: Readonly<Record<string, string | number | boolean>> = {
    fsid: cluster,
    mon_host: `v2:127.0.0.1:${monitor}/0`,
    public_addr: '127.0.0.1',
    cluster_addr: '127.0.0.1',
    auth_cluster_required: 'none',
    auth_service_required: 'none',
    auth_client_required: 'none',
    ms_mon_client_mode: 'crc', // radosgw insists on encryption otherwise, which needs keys
    run_dir: folder,
    admin_socket: '',
    log_file: join(folder, '$name.log'),
    mon_cluster_log_to_file: false,
    mon_data: join(folder, 'mon'),
    mon_allow_pool_size_one: true,
    mon_initial_members: 'a',
    mon_max_pg_per_osd: 1000,
    paxos_propose_interval: 0.02, // each of the gateway's dozen pools waits for one round
    paxos_min_wait: 0.01,
    osd_data: join(folder, 'osd'),
    osd_objectstore: 'memstore',
    memstore_device_bytes: 2 * 1024 ** 3,
    osd_crush_chooseleaf_type: 0,
    osd_pool_default_size: 1,
    osd_pool_default_min_size: 1,
    osd_pool_default_pg_num: 1,
    osd_pool_default_pgp_num: 1,
    osd_pool_default_pg_autoscale_mode: 'off',
    rgw_data: join(folder, 'rgw'),
    rgw_frontends: `beast endpoint=127.0.0.1:${gateway}`,
    rgw_thread_pool_size: 32,
    rgw_run_sync_thread: false,
    rgw_override_bucket_index_max_shards: 1,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  return `[global]\n${lines.join('\n')}\n`
}
