/** A web-gateway in a process of its own: `web-gateway-process.ts UPSTREAM-AS-JSON`; says its port. */
import { startGateway } from '#kit/web-gateway.ts'
import type { UpstreamAddress } from '#services/web-gateway/ports.ts'

const address = JSON.parse(process.argv[2] ?? '') as UpstreamAddress
const limits = { connectionsPerAddressMax: 100_000, bodyMax: 1024 ** 4, headTimeoutMs: 600_000 }
const gateway = await startGateway({ localhost: address }, { limits })
process.send?.(gateway.httpsPort)
